"""Experiments: regimes of a Fisher matrix, update orders of a rule, a controller's good set, descents, sampling noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import information
from ...claims import File, Help, Range, Text, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

Eigenvalues = Annotated[tuple[float, ...], Range(1e-12, 1e12, "eigenvalues of the Fisher matrix", "information")]
FunctionalName = Annotated[
    Literal[
        "kappa-rho",
        "kappa",
        "rho",
        "slowest-rate",
        "kappa-rho-inverse",
        "fisher-hessian",
        "fisher-hessian-rho",
    ],
    Help("the measure of convergence time that the weight minimizes; kappa-rho is the paper's"),
]
Power = Annotated[float, Range(0.05, 20.0, "power of the condition number, for kappa-rho alone")]
AlphaChoice = Annotated[
    Literal["min", "max", "trace"],
    Help("which regime parameter stands for the whole: along the smallest or largest eigenvalue, or of the traces"),
]
RuleText = Annotated[
    str,
    Text(
        r"[A-Za-z0-9_{},;\s>→-]+",
        "rules, separated by ;  such as {{x,y},{x,z}} -> {{x,z},{x,w},{y,w},{z,w}} or BA -> AB",
        500,
    ),
]
StateText = Annotated[str, Text(r"[A-Za-z0-9_{},\s]+", "initial state, such as {{0,0},{0,0}} or BBABAABA", 2000)]
TABLES = File(
    "phasebook.information.observer_files:read_observer",
    "your environment and observer: .csv with columns table, first, second and value, or .npz",
    (".csv", ".npz"),
)
SCORES = File(
    "phasebook.information.fisher_estimates:read_scores",
    "your model's per-sample scores, samples by parameters: .npy, .npz with an array scores, or .csv",
    (".npy", ".npz", ".csv"),
)
CONVENTIONS = {
    "metric": "g = F² + βF; β in the units of F",
    "alpha": "α = β*/(β* + λ) along an eigendirection, reconstructed; 0 equilibration, 1/2 efficient, 1 quantum",
}


@paper.experiment(
    show=("convergence_time", "regime_parameter"), logarithmic=("weight", "direction"), conventions=CONVENTIONS
)
def regime(
    eigenvalues: Eigenvalues = (1.0, 2.0, 4.0, 8.0),
    functional: FunctionalName = "kappa-rho",
    power: Power = 1.0,
    alpha: AlphaChoice = "min",
) -> xr.Dataset:
    """The weight of the Fisher metric that a convergence functional prefers, and the regime along each direction.

    Variables: metric_weight_theory (infinite is null in JSON), outcome_theory, condition_number_theory,
    threshold_theory, alpha_theory, regime_theory, regime_parameter_theory (direction, in the order given),
    convergence_time_theory (weight). Source: calculus (`information.regime`).
    """
    return information.regime_theory(eigenvalues, functional, power, alpha)


@regime.measurement
def measured_regime(
    eigenvalues: tuple[float, ...],
    functional: str,
    power: float,
    alpha: Any,
    *,
    samples: Annotated[int, Range(10, 1_000_000, "sampled scores from which F is estimated too")] = 2000,
    seed: int,
) -> xr.Dataset:
    """Numeric minimization with matrices in random directions, and the condition number of a sampled F."""
    return information.regime_simulation(eigenvalues, functional, power, alpha, samples, seed)


@paper.experiment(show=("regime_parameter", "threshold"), logarithmic=("power",), conventions=CONVENTIONS)
def fragility() -> xr.Dataset:
    """How much the regime depends on the chosen functional: α of the smallest eigenvalue's direction over κ(F).

    Variables: regime_parameter_theory (functional, condition_number), threshold_theory (power of κ in κᵖρ).
    Source: calculus (`information.regime`).
    """
    return information.fragility_theory()


@fragility.measurement
def measured_fragility(
    *, size: Annotated[int, Range(2, 200, "eigenvalues of each random spectrum")] = 6, seed: int
) -> xr.Dataset:
    """The same by numeric minimization for random spectra; the thresholds of κᵖρ by bisection."""
    return information.fragility_simulation(size, seed)


@paper.experiment(show=("distinct", "events"))
def rewrite(
    rule: RuleText = "BA -> AB; BB -> A",
    state: StateText = "BBABAABA",
    steps: Annotated[int, Range(0, 8, "steps within which a critical pair must meet again")] = 3,
) -> xr.Dataset:
    """Is a rewriting rule causally invariant? The critical pairs' verdict, and the causal graphs of many update orders.

    Variables: causally_invariant_theory (a text), critical_pairs_theory, joined_pairs_theory, reachable_states_theory
    and normal_forms_theory (where few states can be reached). Source: Knuth and Bendix's test with the overlap's nodes
    kept (`information.critical_pairs`), which decides local confluence; causal invariance is the graphs' test.
    """
    return information.rewriting_theory(rule, state, steps)


@rewrite.measurement
def rewritten(
    rule: str,
    state: str,
    steps: int,
    *,
    orders: Annotated[int, Range(1, 1000, "update orders: standard, reverse, and random ones")] = 30,
    events: Annotated[int, Range(1, 2_000_000, "cap on the events of a run")] = 2000,
    generations: Annotated[
        int, Range(0, 1000, "causal depth to compare; 0: to the end, or as far as the cap allows")
    ] = 0,
    seed: int,
) -> xr.Dataset:
    """Runs in so many orders, their events, and classes of isomorphic causal graphs and final states."""
    return information.rewriting_simulation(rule, state, orders, events, generations, seed)


@paper.experiment(show=("belief", "alive"))
def regulator(
    tables: Annotated[Literal["copy", "clock", "blind", "reflex"] | UserFile, TABLES] = "copy",
    jump: Annotated[
        bool, Help("the dial of the built-in world advances by one or two, and nobody knows which")
    ] = False,
    observer_state: Annotated[int | None, Range(0, 100_000, "initial state of the observer; none: any")] = None,
    environment_state: Annotated[int | None, Range(0, 100_000, "initial state of the environment; none: any")] = None,
    steps: Annotated[int, Range(1, 10_000, "steps of the trajectories")] = 12,
) -> xr.Dataset:
    """Is a controller a good regulator? The largest set of pairs that stays good for ever, and simulated trajectories.

    Variables: good_regulator_theory (yes or no), pairs_theory, belief_theory (observer_state, environment_state),
    alive_theory (time): the share of good pairs that stay good whatever the disturbance. Source: greatest fixed point
    (`information.observers`).
    """
    return information.regulator_theory(_pair(tables, jump), steps, observer_state, environment_state)


@regulator.measurement
def simulated_regulator(
    tables: Any,
    jump: bool,
    observer_state: int | None,
    environment_state: int | None,
    steps: int,
    *,
    runs: Annotated[int, Range(10, 1_000_000, "runs from random good pairs, or from the given one")] = 2000,
    seed: int,
) -> xr.Dataset:
    """Trajectories with random disturbances: the share that is still good."""
    return information.regulator_simulation(_pair(tables, jump), steps, runs, seed, observer_state, environment_state)


@paper.experiment(show=("deviation", "mean"))
def natural_gradient(
    mean: Annotated[float, Range(-10.0, 10.0, "initial mean of the Gaussian model")] = 1.5,
    deviation: Annotated[float, Range(0.05, 10.0, "initial standard deviation")] = 0.5,
    duration: Annotated[float, Range(0.01, 5.0, "flow time")] = 0.5,
) -> xr.Dataset:
    """Descents of a Gaussian toward the standard one: the natural gradient takes one path in all coordinates, the plain
    one another in each.

    Variables: mean_theory and deviation_theory (descent, time), the natural ones in closed form; natural_spread_theory
    and plain_spread_theory. Source: Amari 1998 (`information.natural_gradient`).
    """
    return information.descent_theory(mean, deviation, duration)


@natural_gradient.measurement
def sampled_descent(
    mean: float,
    deviation: float,
    duration: float,
    *,
    samples: Annotated[int, Range(20, 100_000, "outcomes sampled at each step")] = 400,
    runs: Annotated[int, Range(2, 1000, "independent descents")] = 32,
    seed: int,
) -> xr.Dataset:
    """Natural gradient with F and slope estimated from sampled outcomes."""
    return information.descent_simulation(mean, deviation, duration, samples, runs, seed)


@paper.experiment(theory="absent", show=("spectrum",), conventions=CONVENTIONS)
def fisher(
    scores: Annotated[Literal["generated"] | UserFile, SCORES] = "generated",
    functional: FunctionalName = "kappa-rho",
    power: Power = 1.0,
    damping: Annotated[float, Range(0.0, 1e9, "ε added to F for the damped condition number", "information")] = 0.0,
    resamples: Annotated[int, Range(2, 10_000, "bootstrap resamples")] = 200,
    strict: Annotated[bool, Help("refuse a singular F rather than look at its range")] = False,
    *,
    seed: int,
) -> xr.Dataset:
    """The regime of your model from its per-sample scores, with bootstrap errors and a warning of sampling noise.

    Variables: condition_number_data, smallest_direction_data and largest_direction_data (α) with errors and quantiles,
    metric_weight_data, damped, isotropic and shrunk condition numbers, mixed_data, noise_warning_data, spectrum_data
    beside spectrum_simulation of an isotropic F so sampled (rank). Source: `information.fisher_estimates`.
    """
    table = scores.content if isinstance(scores, UserFile) else information.example_scores(seed)
    return information.fisher_dataset(table, functional, power, damping, resamples, strict, seed)


@paper.experiment(show=("condition_number", "smallest_direction"), logarithmic=("ratio",))
def sampling_noise(
    parameters: Annotated[int, Range(2, 1000, "parameters of a model whose F is isotropic")] = 100,
) -> xr.Dataset:
    """The condition number, and the regime, that sampling noise feigns for an isotropic Fisher matrix.

    Variables: condition_number_theory, smallest_direction_theory (ratio: samples per parameter). Source: Marchenko and
    Pastur 1967 (`information.fisher_estimates`).
    """
    return information.noise_theory(parameters)


@sampling_noise.measurement
def sampled_noise(
    parameters: int, *, draws: Annotated[int, Range(2, 1000, "samples of each size")] = 8, seed: int
) -> xr.Dataset:
    """Spectra of sampled scores with independent components."""
    return information.noise_simulation(parameters, draws, seed)


def _pair(tables: Any, jump: bool) -> Any:
    if isinstance(tables, UserFile):
        if jump:
            raise ValueError("jump applies to the built-in world; disturbances of yours stand in your tables")
        return tables.content
    return information.clock_world(tables, jump)
