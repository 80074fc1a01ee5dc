"""An equilibrium of your own mean-field game: transition and reward as JAX functions, what deviating gains, and N players.

python examples/populations_own_game.py [--congestion 2.0] [--temperature 0.05] [--players 200]

The game below: commuters choose one of two roads or stay at home, twenty days long. A road takes longer the more take it
(congestion), and who is tired from a jam stays away more gladly. Replace the two functions, the states and the actions by yours.
"""

import argparse
import sys

import jax.numpy as jnp
import numpy as np

from phasebook import populations

STATES, ACTIONS, DAYS = ("rested", "tired"), ("highway", "country road", "stay at home"), 20


def transition(day, flow, parameters):
    """P[state, action, next state]; `flow[state, action]` is the share of the population that does it today."""
    jam = flow[:, 0].sum()
    tiring = jnp.stack((0.1 + 0.8 * jam, 0.3, 0.0))
    tired_tomorrow = jnp.stack((tiring, 0.5 + 0.5 * tiring))  # the tired stay tired with probability 1/2 at least
    return jnp.stack((1.0 - tired_tomorrow, tired_tomorrow), axis=2)


def reward(day, flow, parameters):
    """r[state, action] of one agent at today's flow."""
    highway, country = flow[:, 0].sum(), flow[:, 1].sum()
    travel = jnp.stack((1.0 - parameters["congestion"] * highway**2, 0.7 - parameters["congestion"] * country**2, 0.0))
    return jnp.stack((travel, travel - parameters["weariness"] * jnp.array([1.0, 1.0, 0.0])))


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Solve a mean-field game of your own and check it with finitely many players."
    )
    parser.add_argument("--congestion", type=float, default=2.0, help="how much a crowded road costs")
    parser.add_argument("--temperature", type=float, default=0.05, help="temperature of the players' entropy")
    parser.add_argument("--players", type=int, default=200, help="players of the finite game")
    options = parser.parse_args()
    try:
        solve(options.congestion, options.temperature, options.players)
    except (ValueError, RuntimeError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def solve(congestion: float, temperature: float, players: int) -> None:
    """Print the equilibrium, what a deviation gains in it, and how far N players are from it."""
    game = populations.MeanFieldGame(
        initial=np.array([1.0, 0.0]),
        actions=len(ACTIONS),
        steps=DAYS,
        transition=transition,
        reward=reward,
        parameters={"congestion": congestion, "weariness": 0.5},
        state_names=STATES,
        action_names=ACTIONS,
    )
    populations.check_game(game)
    print(f"{len(STATES)} states, {len(ACTIONS)} actions, {DAYS} days, congestion {congestion:g}\n")
    print(f"nobody thinks      exploitability {populations.exploitability(game, game.uniform_policy):.4f}")
    descent = populations.solve_equilibrium(game, rate=0.5, tolerance=1e-3, max_steps=20_000, throw=False)
    print(
        f"mirror descent     exploitability {descent.exploitability:.4f} after {descent.iterations} steps: {descent.outcome.name}"
    )
    soft = populations.solve_annealed(game, sorted({1.0, 0.3, 0.1, temperature}, reverse=True))[-1]
    print(
        f"at temperature     exploitability {soft.exploitability:.4f} at {soft.temperature:g}, residual {soft.residual:.0e}\n"
    )
    day = DAYS // 2
    for action, name in enumerate(ACTIONS):
        print(f"day {day}: {name:14s} {descent.flow[day, :, action].sum():.3f} of all")
    print(f"day {day}: tired          {descent.state_shares[day, 1]:.3f} of all\n")
    found = populations.simulate_players(game, descent.policy, players, runs=200, seed=0)
    print(f"{players} players stray from it by {found.deviation} (half the difference of shares)")
    print(f"one of them gains  {found.gain} by the best response, of {found.earned}")


if __name__ == "__main__":
    main()
