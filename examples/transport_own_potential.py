"""Do the ODE and the SDE of your score agree? For your own potential(x, t) in JAX, or for a potential trained on your points.

python examples/transport_own_potential.py [points.csv|points.npy] [--weights 0.01,1] [--steps 400]
python examples/transport_own_potential.py my_model.py

points: one column or two, a row each. my_model.py defines potential(x, t), or score(x, t) alone: x has shape (d,), t is the time of
the forward process dX = -X dt + dW, and DIMENSION is d. Without a file, a score with a swirl and a potential are tried.
"""

import argparse
import runpy
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from phasebook import transport
from phasebook.transport.point_clouds import read_cloud

PROCESS, HORIZON = transport.OrnsteinUhlenbeck(), 4.0


def main() -> None:
    parser = argparse.ArgumentParser(description="How far apart a score's ODE and SDE are, and what its residual says.")
    parser.add_argument(
        "file", nargs="?", type=Path, help="points (.csv, .npy), or a module with potential or score (.py)"
    )
    parser.add_argument("--weights", default="0.01,1", help="weights of the residual penalty, for points")
    parser.add_argument("--steps", type=int, default=400, help="training steps, for points")
    options = parser.parse_args()
    try:
        if options.file is None:
            inspect(jax.grad(rippled), rippled, dimension=1)
            inspect(lambda x, t: -2 * x + jnp.array([-x[1], x[0]]), None, dimension=2)
        elif options.file.suffix == ".py":
            model = runpy.run_path(str(options.file))
            potential = model.get("potential")
            inspect(model.get("score") or jax.grad(potential), potential, model.get("DIMENSION", 1))
        else:
            compare(read_cloud(options.file), [float(each) for each in options.weights.split(",")], options.steps)
    except (OSError, ValueError, TypeError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def rippled(x, t):
    """A potential that is nearly right for N(0, 1): its log-density at time t, with a ripple."""
    variance = (1 + jnp.exp(-2 * t)) / 2
    return -jnp.vdot(x, x) / (2 * variance) + 0.2 * jnp.sin(2 * x[0]) * jnp.exp(-t)


def inspect(score, potential, dimension: int) -> None:
    """Print the residual of a score or potential, and on the line how far apart its samplers end."""
    generator = np.random.default_rng(0)
    x, t = generator.uniform(-2, 2, (500, dimension)), generator.uniform(0, HORIZON, 500)
    residual = transport.score_equation_residuals(score, PROCESS, x, t)
    print(f"root mean square of the score's residual  {np.sqrt((residual**2).sum(axis=1).mean()):.4f}")
    print(f"largest curl of the score                 {transport.score_curl(score, x, t).max():.4f}")
    if potential is None:
        print("no potential: neither a density of the SDE nor a penalty can be had from it\n")
        return
    prior = transport.GaussianPrior(PROCESS.stationary_variance)
    points = np.linspace(-1.5, 1.5, 3)[:, None] * np.ones(dimension)
    sde = transport.path_log_density(potential, PROCESS, prior, points, horizon=HORIZON, paths=4000)
    ode = transport.flow_log_density(potential, PROCESS, prior, points, horizon=HORIZON)
    for at, one, error, other in zip(points, sde.log_density, sde.stderr, ode, strict=True):
        print(f"log-density at {np.round(at, 2)}: SDE {one:.3f} ± {error:.3f}, ODE {other:.3f}")
    if dimension == 1:
        laws = transport.reverse_laws(potential, PROCESS, prior, horizon=HORIZON, steps=300)
        bound = transport.gap_bound(potential, PROCESS, prior, horizon=HORIZON, steps=300)
        print(f"distance W2 of ODE and SDE                {laws.gap()[-1]:.4f}, at most {bound.at_end:.4f}")
    print()


def compare(points: np.ndarray, weights: list[float], steps: int) -> None:
    """Train a potential on points for each weight, and print the squared distances of its samplers."""
    cloud = transport.training_points(points, 0)
    training = transport.Training(steps=steps, batch=256, collocation=128)
    found = transport.penalized_training(cloud, weights, horizon=HORIZON, training=training, samples=50_000, seed=0)
    print("weight     residual²  ODE-SDE    SDE-data   ODE-data   floor      (W2², in units of the points' variance)")
    for weight in found.weight.values:
        here = found.sel(weight=weight)
        numbers = (here.squared_residual_simulation, *here.squared_distance_simulation.values, here.floor_simulation)
        print(f"{weight:<10g}", *(f"{float(each):<10.4f}" for each in numbers))


if __name__ == "__main__":
    main()
