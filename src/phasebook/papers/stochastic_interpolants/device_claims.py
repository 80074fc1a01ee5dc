"""Claims that need a GPU: the checkerboard in the plane by the authors' recipe, and a mixture in 128 dimensions."""

from __future__ import annotations

import math
from typing import Any

from ... import numerics, transport
from ...claims import Evidence
from .subject import PAPER, paper

TRAININGS = 3
NOISES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)


@paper.claim("checkerboard", tier="gpu", origin="paper", source=PAPER, statistical=True)
def checkerboard(seed: int) -> list[dict[str, Any]]:
    """With the authors' networks of four layers of 256 on the checkerboard, fewer of the samples of the SDE of noise 1/2 fall
    outside the squares than of the ODE's."""
    return [{"training": training} for training in range(TRAININGS)]


@checkerboard.unit
def checkerboard_unit(training: int, seed: int) -> dict[str, Any]:
    """Shares of 50,000 samples outside the squares after 7000 training steps."""
    return outside_shares(numerics.part_seed(seed, 10, training), steps=7000, batch=2000, width=256, samples=50_000)


def outside_shares(seed: int, *, steps: int, batch: int, width: int, samples: int) -> dict[str, Any]:
    """The unit's body, whose sizes a test can make small: Adam at 2e-3, times 0.4 every 1500 steps; 500 steps of the SDE."""
    import jax
    import numpy as np
    import optax

    from ... import engines

    interpolant = transport.two_sided("linear")
    model = transport.new_fields(2, interpolant, seed=seed, width=width, depth=4, activation="relu")
    loss = transport.field_loss(interpolant, batch=batch, draw=transport.normal_to_checkerboard)
    optimizer = optax.adam(optax.exponential_decay(2e-3, 1500, 0.4, staircase=True))
    fields = engines.fit(model, loss, optimizer=optimizer, steps=steps, seed=seed).model
    start = np.asarray(jax.random.normal(jax.random.key(seed), (samples, 2)), dtype=float)
    ode = transport.flow(fields, start, tolerance=1e-5, precision="single").points
    sde = transport.diffuse(fields, start, noise=0.5, steps=500, seed=seed, scheme="heun")
    shares = [float(transport.outside_checkerboard(points).mean()) for points in (ode, sde)]
    return {"ode": shares[0], "sde": shares[1], "samples": samples}


@checkerboard.judged
def checkerboard_judged(results: list[dict[str, Any]]) -> Evidence:
    """The mean difference of the shares, with the samples' own error: at least three standard errors above zero."""
    pieces = []
    gaps = []
    for row in results:
        ode, sde, samples = float(row["ode"]), float(row["sde"]), float(row["samples"])
        gaps.append((ode - sde, (ode * (1 - ode) + sde * (1 - sde)) / samples))
    mean = sum(gap for gap, _ in gaps) / len(gaps)
    stderr = math.sqrt(sum(variance for _, variance in gaps)) / len(gaps)
    measured = numerics.Measured(mean, stderr, math.inf)
    pieces.append(Evidence.at_least(measured, 0.0, label="share outside, ODE less SDE"))
    return Evidence.all_of(*pieces)


@paper.claim("many-dimensions", tier="gpu", origin="paper", source=PAPER, statistical=True)
def many_dimensions(seed: int) -> list[dict[str, Any]]:
    """For five modes in 128 dimensions and one learned network, the divergence of the samples is smallest at a noise above 0 and
    below 4."""
    return [{"training": training} for training in range(TRAININGS)]


@many_dimensions.unit
def many_dimensions_unit(training: int, seed: int) -> dict[str, Any]:
    """Divergences of 100,000 samples from the target at each noise after 20,000 training steps."""
    found = mixture_divergences(
        numerics.part_seed(seed, 11, training),
        dimension=128,
        steps=20_000,
        batch=1024,
        width=512,
        samples=100_000,
        moves=500,
    )
    return {"divergence": found}


def mixture_divergences(
    seed: int,
    *,
    dimension: int,
    steps: int,
    batch: int,
    width: int,
    samples: int,
    moves: int,
    noises: tuple[float, ...] = NOISES,
) -> list[float]:
    """The unit's body: from noise to five modes with random centers by a one-sided linear interpolant with a latent network."""
    import jax.numpy as jnp
    import numpy as np

    from ... import engines

    generator = np.random.default_rng(seed)
    centers = generator.standard_normal((5, dimension))
    centers *= 6 / np.linalg.norm(centers, axis=1, keepdims=True)
    target = transport.Mixture(np.full(5, 0.2), centers, np.full(5, 0.25))
    interpolant = transport.one_sided("linear")
    model = transport.new_fields(dimension, interpolant, seed=seed, width=width, depth=4)
    loss = transport.field_loss(interpolant, batch=batch, draw=transport.mixture_draws)
    standard = transport.Mixture(np.ones(1), np.zeros((1, dimension)), np.ones(1))
    data = transport.mixture_arrays(standard, target)
    fields = engines.fit(
        model, loss, data, optimizer=engines.adam(1e-3, steps), steps=steps, seed=seed, averaging=0.999
    ).model
    start = jnp.asarray(generator.standard_normal((samples, dimension)), dtype=jnp.float32)
    return [
        transport.moment_divergence(transport.diffuse(fields, start, noise=noise, steps=moves, seed=seed), target)
        for noise in noises
    ]


@many_dimensions.judged
def many_dimensions_judged(results: list[dict[str, Any]]) -> Evidence:
    """Paired over trainings: the divergences without noise and with the most noise are above that of the best noise between."""
    import numpy as np

    table = np.array([np.ravel(row["divergence"]) for row in results], dtype=float)
    best = table[:, 1:-1][:, int(np.argmin(table[:, 1:-1].mean(axis=0)))]
    return Evidence.all_of(
        Evidence.ordering(table[:, 0].tolist(), best.tolist(), label="divergence without noise above the best"),
        Evidence.ordering(table[:, -1].tolist(), best.tolist(), label="divergence at noise 4 above the best"),
    )
