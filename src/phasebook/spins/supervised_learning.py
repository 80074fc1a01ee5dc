"""Replica theory of supervised learning: a dense Hebbian network whose couplings hold, for each class, the mean of its examples.

The network stores class means ψ of unit variance and is asked for the archetypes ξ behind them. One number of the retrieved class
enters, the law of s = ψξ: binomial for few examples, Gaussian with ρ = (1 - r²)/(M·r²) for many; classes that are not retrieved act
as those of the plain network do, because only the variance of ψ matters to them. With n the overlap with ψ the field is
(P/2)·n^(P-1)·s + noise, m = E<σ> and n = E[s<σ>]. Derived here; the model is that of arXiv 2212.00606. P = 2: Amit, Gutfreund and
Sompolinsky's noise with the same s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy import special

from ..errors import NotConverged
from ..numerics.continuation import trace_solutions
from .crosstalk import Overlaps
from .dense_network import PLAIN_SIGNAL, DenseNetwork, SignalLaw, check_temperature
from .labeled_examples import agreement_law, check_examples, check_quality
from .replica import RETRIEVED, ReplicaEquations, ReplicaState, failure, settle, symmetric_glass
from .single_site import SiteAverages, site_averages

Law = Literal["binomial", "gauss"]
EXACT_UP_TO = 200  # examples: beyond, the Gaussian law is as good
NEGLIGIBLE = 1e-14  # probability
HARDEST_ENTROPY, EASIEST_ENTROPY = 1e4, 1e-9
THRESHOLD_ACCURACY = 1e-5  # of ln ρ; nearer to a jump the solver slows down
EDGE_ACCURACY = 3e-3  # of ln load
MOST_EXAMPLES = 10**9
SMALLEST_LOAD, LARGEST_LOAD = 1e-4, 4.0


@dataclass(frozen=True)
class SupervisedNetwork:
    """A dense network taught with labeled examples of dataset entropy ρ; for the binomial law, M `examples` of `quality` r.

    `SupervisedNetwork.taught` takes (r, M), `SupervisedNetwork.with_entropy` ρ alone. Raises ValueError for ρ < 0, for r outside
    (0, 1], M < 1, or a binomial law without r and M.
    """

    network: DenseNetwork
    rho: float
    law: Law = "gauss"
    quality: float | None = None
    examples: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.rho, bool) or not (math.isfinite(self.rho) and self.rho >= 0.0):
            raise ValueError(f"rho must be a number of at least 0; got {self.rho!r}")
        if self.law not in ("binomial", "gauss"):
            raise ValueError(f"law must be binomial or gauss; got {self.law!r}")
        if self.law == "binomial" and (self.quality is None or self.examples is None):
            raise ValueError("law binomial needs quality and examples; with rho alone the law is gauss")

    @classmethod
    def taught(
        cls, interaction_order: int, load: float, quality: float, examples: int, law: Law | None = None
    ) -> SupervisedNetwork:
        """From the quality r and the number M of examples of a class; the law is binomial up to M = 200, Gaussian beyond."""
        check_quality(quality)
        check_examples(examples)
        chosen: Law = ("binomial" if examples <= EXACT_UP_TO else "gauss") if law is None else law
        entropy = dataset_entropy(quality, examples)
        return cls(DenseNetwork(interaction_order, load), entropy, chosen, float(quality), int(examples))

    @classmethod
    def with_entropy(cls, interaction_order: int, load: float, rho: float) -> SupervisedNetwork:
        """From the dataset entropy ρ, with the Gaussian law."""
        return cls(DenseNetwork(interaction_order, load), float(rho))

    def at_load(self, load: float) -> SupervisedNetwork:
        """The same examples at another load."""
        return replace(self, network=self.network.at_load(load))


def dataset_entropy(quality: float, examples: float) -> float:
    """ρ = (1 - r²)/(M·r²). Raises ValueError for r outside (0, 1] or M below 1."""
    check_quality(quality)
    if not examples >= 1:
        raise ValueError(f"examples M must be at least 1; got {examples!r}")
    return (1.0 - quality**2) / (examples * quality**2)


def effective_load(interaction_order: int, size: int, classes: int, tensor_noise: float) -> float:
    """Load of K classes beside independent noise of standard deviation τ on every coupling: τ² counts like so many classes.

    K random classes of unit variance and the noise both give a spin's field the variance of C(N, P-1) terms. Raises ValueError
    for arguments that no network has.
    """
    order = DenseNetwork(interaction_order, 0.0).interaction_order
    if size < order or classes < 0 or not (math.isfinite(tensor_noise) and tensor_noise >= 0.0):
        raise ValueError(
            f"size must be at least {order}, classes and tensor_noise at least 0; got {size}, {classes}, {tensor_noise}"
        )
    return math.factorial(order) * (classes + tensor_noise**2) / (2.0 * float(size) ** (order - 1))


def signal_law(supervised: SupervisedNetwork, nodes: int = 401) -> SignalLaw:
    """The law of s = ψξ as values and weights: the binomial's atoms, or an even trapezoid over seven deviations of the Gaussian."""
    if supervised.law == "binomial" and supervised.quality is not None and supervised.examples is not None:
        return _binomial_law(supervised.examples, supervised.quality)
    if supervised.rho == 0.0:
        return PLAIN_SIGNAL
    x = np.linspace(-7.0, 7.0, nodes)
    weights = np.exp(-0.5 * x**2)
    return SignalLaw((1.0 + math.sqrt(supervised.rho) * x) / math.sqrt(1.0 + supervised.rho), weights / weights.sum())


class GaussianReplicaEquations(ReplicaEquations):
    """The symmetric equations with Gaussian s: field and noise together are one Gaussian, and Stein's identity gives n.

    n = m/√(1+ρ) + ρ/(1+ρ)·(P/2)·n^(P-1)·χ. At zero temperature this is a closed form in error functions.
    """

    def __init__(self, network: DenseNetwork, temperature: float, rho: float) -> None:
        super().__init__(network, temperature)
        self.rho = rho

    def _symmetric_site(self, signal: float, chi: float) -> tuple[Overlaps, SiteAverages]:
        overlaps = Overlaps(1.0 - self.temperature * chi, chi, 1.0, self.temperature)
        variance, _ = self.crosstalk.variances(overlaps)
        field, share = self._field(signal), self.rho / (1.0 + self.rho)
        mean = field / math.sqrt(1.0 + self.rho)
        self.evaluations += 1
        site = site_averages(mean, PLAIN_SIGNAL, variance + share * field**2, 0.0, 1.0, self.temperature)
        learned = site.magnetization / math.sqrt(1.0 + self.rho) + share * field * site.susceptibility
        return overlaps, replace(site, signal_overlap=learned)


def supervised_equations(supervised: SupervisedNetwork, temperature: float) -> ReplicaEquations:
    """The replica-symmetric equations of a taught network. Raises ValueError for a negative temperature."""
    if supervised.law == "binomial":
        return ReplicaEquations(supervised.network, temperature, signal_law(supervised))
    return GaussianReplicaEquations(supervised.network, temperature, supervised.rho)


def supervised_state(supervised: SupervisedNetwork, temperature: float, *, throw: bool = True) -> ReplicaState:
    """The replica-symmetric state that is reached from the archetype: `overlap` m with it, `signal_overlap` n with the class mean.

    Where retrieval is lost it is the glass or the paramagnet. n refers to a vector of variance 1 and can exceed m: no accuracy.
    Raises ValueError for a negative temperature, and NotConverged unless `throw` is false.
    """
    equations = supervised_equations(supervised, temperature)
    law = signal_law(supervised)
    start = np.array([float(law.weights @ np.abs(law.values)), 0.0])
    pairs = supervised.network.interaction_order == 2
    found, converged = settle(equations.symmetric, start, forget=pairs)
    if pairs and not (converged and abs(found[0]) > RETRIEVED) and supervised.network.load + temperature > 0.0:
        return symmetric_glass(supervised.network, temperature)
    state = equations.state(found, "rs", equations.evaluations)
    if throw and not (converged and state.converged):
        raise NotConverged(failure(state))
    return state


def learning_curve(
    interaction_order: int, load: float, quality: float, examples: Sequence[int], temperature: float
) -> Float[np.ndarray, " k"]:
    """Overlap with the archetype at each number M of examples (k,). Raises as `supervised_state`."""
    networks = [SupervisedNetwork.taught(interaction_order, load, quality, count) for count in examples]
    return np.array([supervised_state(each, temperature).overlap for each in networks])


@lru_cache(maxsize=512)
def learning_threshold(
    interaction_order: int, load: float, temperature: float, *, target: float = 0.5
) -> tuple[float, float]:
    """Largest dataset entropy ρ at which the overlap exceeds `target`, and the overlap there (Gaussian law), by bisection.

    (0, overlap) where even perfect examples stay below it. Raises ValueError unless 0 < target < 1.
    """
    _check_target(target)

    def overlap(entropy: float) -> float:
        taught = SupervisedNetwork.with_entropy(interaction_order, load, entropy)
        return supervised_state(taught, temperature, throw=False).overlap

    perfect = overlap(0.0)
    if perfect <= target:
        return 0.0, perfect
    low, high = math.log(EASIEST_ENTROPY), math.log(HARDEST_ENTROPY)
    while high - low > THRESHOLD_ACCURACY:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if overlap(math.exp(middle)) > target else (low, middle)
    return math.exp(low), overlap(math.exp(low))


def examples_needed(
    interaction_order: int, load: float, quality: float, temperature: float, *, target: float = 0.5
) -> int | None:
    """Smallest number M of examples at which the overlap exceeds `target`, and at M - 1 it does not; None where none suffices.

    Exact law up to M = 200. Raises ValueError for arguments outside their range.
    """
    _check_target(target)
    check_quality(quality)

    def enough(examples: int) -> bool:
        taught = SupervisedNetwork.taught(interaction_order, load, quality, examples)
        return supervised_state(taught, temperature, throw=False).overlap > target

    high = 1
    while not enough(high):
        high *= 2
        if high > MOST_EXAMPLES:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def frozen_overlaps(supervised: SupervisedNetwork) -> tuple[float, float]:
    """m and n at temperature zero for P > 2 and the Gaussian law, by iterating the closed form in n alone; a second road.

    With a = (P/2)·n^(P-1)/√(1+ρ) and V = ρa² + αP/2: m = erf(a/√(2V)) and
    n = [m + ρa·√(2/(πV))·exp(-a²/2V)]/√(1+ρ). Raises ValueError for P = 2.
    """
    order, load, rho = supervised.network.interaction_order, supervised.network.load, supervised.rho
    if order == 2:
        raise ValueError("interaction_order P must be at least 3 for the closed form; got 2")
    overlap = learned = 1.0
    for _ in range(100_000):
        mean = 0.5 * order * learned ** (order - 1) / math.sqrt(1.0 + rho)
        variance = rho * mean**2 + 0.5 * load * order
        if mean == 0.0 or variance == 0.0:
            return (0.0, 0.0) if mean == 0.0 else (1.0, 1.0)
        overlap = float(special.erf(mean / math.sqrt(2.0 * variance)))
        density = rho * mean * math.sqrt(2.0 / (math.pi * variance)) * math.exp(-0.5 * mean**2 / variance)
        before, learned = learned, (overlap + density) / math.sqrt(1.0 + rho)
        if abs(learned - before) < 1e-15:
            break
    return overlap, learned


@lru_cache(maxsize=512)
def retrieval_edge(supervised: SupervisedNetwork, temperature: float) -> tuple[float, float]:
    """Largest load at which examples like these are retrieved, and the overlap there: the fold of the branch; (0, 0) for none.

    The load of `supervised` is of no account. Raises ValueError for a negative temperature, and NotConverged.
    """
    check_temperature(temperature)
    begin = supervised.at_load(2.0 * SMALLEST_LOAD)
    state = supervised_state(begin, temperature, throw=False)
    if state.phase != "retrieval":
        return 0.0, 0.0

    def residuals(unknowns: Float[np.ndarray, " n"], load: float) -> Float[np.ndarray, " n"]:
        return supervised_equations(supervised.at_load(max(load, 0.0)), temperature).symmetric(unknowns)

    start = np.array([state.signal_overlap, state.susceptibility])
    curve = trace_solutions(
        residuals, start, 2.0 * SMALLEST_LOAD, SMALLEST_LOAD, LARGEST_LOAD, throw=False, most_points=60
    )
    folds = curve.of_kind("fold")
    if not folds:
        raise NotConverged(f"no fold of retrieval up to load {LARGEST_LOAD:g} at temperature {temperature:g}")
    # Further folds lie at small overlaps, between states that nothing reaches.
    edge = max(folds, key=lambda fold: fold.point[0])
    equations = supervised_equations(supervised.at_load(edge.parameter), temperature)
    return float(edge.parameter), equations.state(edge.point, "rs", len(curve.parameters)).overlap


@lru_cache(maxsize=512)
def bracketed_edge(supervised: SupervisedNetwork, temperature: float) -> float:
    """Load of `retrieval_edge` to three parts in a thousand, by bisection: much faster, enough for a line over a coarse grid."""

    def retrieves(load: float) -> bool:
        return supervised_state(supervised.at_load(load), temperature, throw=False).phase == "retrieval"

    if not retrieves(SMALLEST_LOAD):
        return 0.0
    low, high = math.log(SMALLEST_LOAD), math.log(LARGEST_LOAD)
    while high - low > EDGE_ACCURACY:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if retrieves(math.exp(middle)) else (low, middle)
    return math.exp(0.5 * (low + high))


@lru_cache(maxsize=256)
def _binomial_law(examples: int, quality: float) -> SignalLaw:
    weights = agreement_law(examples, quality)
    kept = weights > NEGLIGIBLE
    values = (2.0 * np.arange(examples + 1) / examples - 1.0) / math.sqrt(quality**2 + (1.0 - quality**2) / examples)
    return SignalLaw(values[kept], weights[kept] / weights[kept].sum())


def _check_target(target: float) -> None:
    if not 0.0 < target < 1.0:
        raise ValueError(f"target must be an overlap between 0 and 1; got {target!r}")
