"""Graphon games: constant and separable kernels are the well-mixed game, blocks that never meet their own games, bad input."""

import numpy as np
import pytest

from phasebook import populations

GAME = populations.susceptible_infected(steps=12)


def random_policy(states, seed=0):
    return np.random.default_rng(seed).dirichlet([1, 1], (12, states))


def by_class(flow, classes):
    return flow.reshape(12, classes, 2, 2)


@pytest.mark.parametrize("kernel", [lambda x, y: 0.3 + 0 * x, lambda x, y: (1 - 0.9 * x) * (1 - 0.9 * y)])
def test_separable_kernels_are_the_well_mixed_game(kernel):
    meets, weights = populations.kernel_on_grid(kernel, 3)
    classes = populations.graphon_game(GAME, meets, weights)
    policy = random_policy(2)
    alike = np.tile(policy, (1, 3, 1))
    flow = by_class(populations.population_flow(classes, alike), 3)
    alone = populations.population_flow(GAME, policy)
    assert np.abs(3 * flow - alone[:, None]).max() < 1e-12
    assert populations.exploitability(classes, alike) == pytest.approx(
        populations.exploitability(GAME, policy), abs=1e-10
    )


def test_blocks_that_never_meet_are_games_of_their_own():
    starts = np.array([[0.9, 0.1], [0.2, 0.8]])
    weights = np.array([0.25, 0.75])
    classes = populations.graphon_game(GAME, np.diag([0.5, 1.0]), weights, starts)
    policy = random_policy(4, 3)
    flow = by_class(populations.population_flow(classes, policy), 2)
    gain = 0.0
    for index in range(2):
        own = populations.MeanFieldGame(starts[index], 2, 12, GAME.transition, GAME.reward, GAME.parameters)
        mine = policy[:, 2 * index : 2 * index + 2]
        assert np.abs(flow[:, index] / weights[index] - populations.population_flow(own, mine)).max() < 1e-12
        gain += weights[index] * populations.exploitability(own, mine)
    assert populations.exploitability(classes, policy) == pytest.approx(gain, abs=1e-10)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: populations.graphon_game(GAME, np.ones(3)), "kernel must be a finite square matrix, W on a grid"),
        (lambda: populations.graphon_game(GAME, [[1.2]]), "values in"),
        (lambda: populations.graphon_game(GAME, [[0.1, 0.2], [0.3, 0.1]]), "symmetric"),
        (lambda: populations.graphon_game(GAME, np.diag([1.0, 0.0])), "class 1 meets nobody"),
        (lambda: populations.graphon_game(GAME, np.ones((2, 2)), [0.5, 0.6]), "weights must be"),
        (lambda: populations.graphon_game(GAME, np.ones((2, 2)), None, [[1, 0]]), "initial must be"),
        (lambda: populations.graphon_game(populations.beach_bar(), [[1.0]]), "successors"),
        (lambda: populations.kernel_on_grid(lambda x, y: x * y, 0), "classes must be"),
    ],
)
def test_wrong_kernels_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()
