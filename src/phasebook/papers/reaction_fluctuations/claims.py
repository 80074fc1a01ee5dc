"""Quick claims: what seconds can measure."""

from __future__ import annotations

import math

from ... import engines, numerics, reactions
from ...claims import Evidence, Measured
from .subject import STANDARD, paper

GLAUBER = "Glauber, J. Math. Phys. 4, 294 (1963): domain walls of the zero-temperature chain; derived again here"


@paper.claim("aa1d-exact", tier="quick", core=True, origin="textbook", source=GLAUBER, statistical=True)
def aa1d_exact(seed: int) -> Evidence:
    """On a line the density of A + A -> 0 from random half filling is e^(-2t) [I_0(2t) + I_1(2t)] / 2 at t = 1, 10 and 100 hops."""
    # Standard errors 4.2e-4, 2.6e-4, 1.5e-4 (4 runs of 100 blocks); advancing time by 1/N and not by 1/n puts ρ(10) at 0.04.
    times, tolerances = (1.0, 10.0, 100.0), (0.003, 0.0019, 0.0011)
    runs = engines.simulate_lattice(
        reactions.lattice_model("annihilation"),
        200_000,
        times,
        initial={"A": 0.5},
        replicas=4,
        seed=numerics.part_seed(seed, 1),
        blocks=100,
    )
    exact = reactions.annihilation_density(times, 1, 0.5)
    return Evidence.all_of(
        *(
            Evidence.equal(runs.block_estimate("A", k), float(exact[k]), tolerances[k], label=f"t = {times[k]:g}")
            for k in range(3)
        )
    )


@paper.claim(
    "coag-twice",
    tier="quick",
    origin="derived",
    source="exclusive-or coloring of merged walkers, see `reactions.diffusion_limited`",
    statistical=True,
)
def coag_twice(seed: int) -> Evidence:
    """At t = 100 coagulation A + A -> A has twice the density of annihilation from the same half filling, within 2.5%."""
    size, replicas = 200_000, 24
    densities = {}
    for part, model in enumerate(("annihilation", "coagulation")):
        runs = engines.simulate_lattice(
            reactions.lattice_model(model),
            size,
            [100.0],
            initial={"A": 0.5},
            replicas=replicas,
            seed=numerics.part_seed(seed, 2, part),
        )
        densities[model] = numerics.mean_estimate(runs.of("A")[:, 0])
    ratio = _ratio(densities["coagulation"], densities["annihilation"])
    exact = float(reactions.coagulation_density(100.0, 1, 0.5)[0])
    # Standard error 0.007; removing both walkers in place of one gives a ratio of 1.
    return Evidence.all_of(
        Evidence.equal(ratio, 2.0, 0.05, label="ratio"),
        Evidence.equal(densities["coagulation"], exact, 0.0012, label="density of coagulation against its exact law"),
    )


@paper.claim("mean-field-fails", tier="quick", origin="paper", source=STANDARD, statistical=True)
def mean_field_fails(seed: int) -> Evidence:
    """On a line the density of A + A -> 0 falls with the power 0.50 ± 0.02 from t = 10 to 1000, and not 1 as rate equations say."""
    import numpy as np

    times = np.geomspace(10.0, 1000.0, 9)
    runs = engines.simulate_lattice(
        reactions.lattice_model("annihilation"),
        50_000,
        times,
        initial={"A": 0.5},
        replicas=24,
        seed=numerics.part_seed(seed, 3),
    )
    slope = numerics.window_exponent(times, runs.of("A"), (10.0, 1000.0), fewest_decades=1.9)
    mean_field = reactions.mean_field_decay(times, 0.5, 2.0)
    rate_equation = reactions.log_slope(times, mean_field, 10.0, 1000.0)
    return Evidence.all_of(
        Evidence.equal(slope, -0.5, 0.02, label="measured exponent"),
        Evidence.exact(rate_equation < -0.9, True, label="the rate equation's exponent is below -0.9"),
    )


@paper.claim(
    "dp-seed",
    tier="quick",
    origin="textbook",
    source="Jensen, J. Phys. A 32, 5233 (1999), by series expansions",
    statistical=True,
)
def dp_seed(seed: int) -> Evidence:
    """Clusters of critical bond percolation in 1+1 dimensions grow as N ~ t^η and R² ~ t^(2/z) with η = 0.314 and 2/z = 1.265."""
    runs, (low, high) = 96_000, (10, 300)
    times = reactions.whole_steps(high)
    found = engines.simulate_spreading(
        reactions.bond_threshold(1), 1, times, runs=runs, seed=numerics.part_seed(seed, 4)
    )
    exponents = reactions.percolation_exponents(1)
    number = numerics.window_exponent(times, found.number, (low, high), fewest_decades=1.5)
    survival = numerics.window_exponent(times, found.survival, (low, high), fewest_decades=1.5)
    squares = numerics.window_exponent(times, found.squared_sum, (low, high), fewest_decades=1.5)
    spread = Measured(squares.value - number.value, _spread_error(times, found, low, high), squares.dof)
    # Measured about the parents' column, and not about the cone's axis, R² would grow as t².
    return Evidence.all_of(
        Evidence.equal(number, exponents.eta, 0.03, label="η"),
        Evidence.equal(spread, exponents.spreading, 0.02, label="2/z"),
        Evidence.equal(survival, -exponents.delta, 0.02, label="-δ"),
    )


@paper.claim("lv-frequency", tier="quick", origin="paper", source=STANDARD, statistical=True)
def lv_frequency(seed: int) -> Evidence:
    """On a 96 × 96 lattice at λ = 2 the populations swing at less than 85% of the rate equations' frequency, whose eigenvalues
    have a closed form."""
    import numpy as np

    system = reactions.PredatorPrey(2.0)
    step, burn_in = 1.0, 100.0
    times = burn_in + np.arange(0.0, 400.0 + step / 2, step)
    runs = engines.simulate_lattice(
        system.lattice,
        (96, 96),
        times,
        initial={"A": 0.3, "B": 0.3},
        replicas=20,
        seed=numerics.part_seed(seed, 5),
    )
    peak = reactions.peak_frequency(runs.of("A"), step, 100.0)
    worst = 0.0
    for predation in (0.4, 0.6, 1.0, 2.0, 5.0):
        each = reactions.PredatorPrey(predation)
        numeric = np.sort_complex(np.linalg.eigvals(_jacobian(each, np.array(reactions.coexistence(each)))))
        closed = np.sort_complex(np.array(reactions.predator_prey_eigenvalues(each)))
        worst = max(worst, float(np.abs(numeric - closed).max()))
    mean_field = reactions.oscillation_frequency(system)
    return Evidence.all_of(
        Evidence.at_most(peak, 0.85 * mean_field, label="frequency on the lattice"),
        Evidence.exact(worst, 0.0, 1e-10, label="closed form against the eigenvalues of the Jacobian"),
    )


@paper.claim(
    "ml-mobility",
    tier="quick",
    origin="textbook",
    source="Reichenbach, Mobilia and Frey, Nature 448, 1046 (2007)",
    statistical=True,
)
def ml_mobility(seed: int) -> Evidence:
    """On 30 × 30 sites three rivals lose a species by t = L² in at least 8 of 10 runs at mobility 3e-3, in at most 3 at 1e-5."""
    # Exchange at rate M·L and not M·L²/2 would take the first to a mobility at which 4 of 10 runs lose one.
    above = extinctions(30, 3e-3, 30, numerics.part_seed(seed, 6, 1))
    below = extinctions(30, 1e-5, 200, numerics.part_seed(seed, 6, 2))
    return Evidence.all_of(
        Evidence.rate(above, 30, at_least=0.8, label="M = 3e-3"),
        Evidence.rate(below, 200, at_most=0.3, label="M = 1e-5"),
    )


def extinctions(size: int, mobility: float, runs: int, seed: int) -> int:
    """How many of `runs` lattices, filled by the three species at a quarter each, have lost one by t = size²."""
    found = engines.simulate_lattice(
        reactions.CyclicCompetition().lattice(mobility, size),
        (size, size),
        [0.0, float(size**2)],
        initial=dict.fromkeys("ABC", 0.25),
        replicas=runs,
        seed=seed,
    )
    return int((~found.survived).sum())


def _ratio(upper: Measured, lower: Measured) -> Measured:
    """Quotient of two independent estimates, its error to first order."""
    value = upper.value / lower.value
    return Measured(value, value * math.hypot(upper.stderr / upper.value, lower.stderr / lower.value), lower.dof)


def _spread_error(times, found, low: float, high: float) -> float:  # type: ignore[no-untyped-def]
    """Jackknife error of the exponent of R²: squares and numbers of one block go together."""
    import numpy as np

    count = len(found.number)
    ratio = (found.squared_sum.sum(axis=0) - found.squared_sum) / (found.number.sum(axis=0) - found.number)
    each = np.array([reactions.log_slope(times, row, low, high) for row in ratio])
    return math.sqrt((count - 1) / count * float(np.sum((each - each.mean()) ** 2)))


def _jacobian(system: reactions.PredatorPrey, point):  # type: ignore[no-untyped-def]
    """Central differences of the rate equations, exact for quadratic ones up to rounding."""
    import numpy as np

    step = 0.25
    columns = [
        (
            reactions.predator_prey_rates(system, point + step * unit)
            - reactions.predator_prey_rates(system, point - step * unit)
        )
        / (2 * step)
        for unit in np.eye(2)
    ]
    return np.array(columns).T
