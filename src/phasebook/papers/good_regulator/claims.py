"""Quick claims: the threshold and its fragility, regulators, natural gradient."""

from __future__ import annotations

import math
from typing import Any

from ... import information
from ...claims import Evidence
from .subject import ABSTRACT, DERIVED, paper


def random_spectra(seed: int, count: int) -> list[Any]:
    """Spectra of 2 to 20 eigenvalues, log-uniform over up to four decades."""
    import numpy as np

    generator = np.random.default_rng(seed)
    return [
        np.exp(
            generator.uniform(-1, 1) * 3 + generator.uniform(0, generator.uniform(0.1, 9), generator.integers(2, 21))
        )
        for _ in range(count)
    ]


@paper.claim("threshold-two", tier="quick", core=True, origin="paper", source=ABSTRACT, paper_value=2.0)
def threshold_two(seed: int) -> Evidence:
    """For the product of condition number and spectral radius the weight of the Fisher metric is max(0, Λ − 2ℓ) for 200
    random spectra, to 1e-5 of Λ, and becomes positive at κ(F) = 2."""
    errors, outcomes = [], []
    for values in random_spectra(seed, 200):
        found = information.minimal_weight(values)
        exact = max(0.0, float(values.max()) - 2 * float(values.min()))
        errors.append(abs(found.value - exact) / float(values.max()))
        outcomes.append((found.outcome == "interior") == (exact > 0))
    return Evidence.all_of(
        Evidence.exact(max(errors), 0.0, 1e-5, label="largest error of β*/Λ"),
        Evidence.exact(all(outcomes), True, label="interior above κ = 2, zero below"),
        Evidence.exact(information.threshold(), 2.0, 1e-4, label="threshold by bisection"),
    )


@paper.claim("alpha-directional", tier="quick", origin="derived", source=DERIVED)
def alpha_directional(seed: int) -> Evidence:
    """One observer stands in different regimes along different directions: α is 2/3 and 1/3 at κ = 4, 8/9 and 4/9 at
    κ = 10, and tends to 1 and 1/2."""
    pieces = []
    for condition, weight, lowest, highest in ((4.0, 2.0, 2 / 3, 1 / 3), (10.0, 8.0, 8 / 9, 4 / 9)):
        best = information.closed_form_weight([1.0, condition])
        found = information.regime_parameter([1.0, condition], best.value)
        numeric = information.minimal_weight([1.0, condition])
        pieces += [
            Evidence.exact(best.value, weight, 1e-12, label=f"β*, κ = {condition:g}"),
            Evidence.exact(found, [lowest, highest], 1e-12, label=f"α, κ = {condition:g}"),
            Evidence.exact(numeric.value, weight, 1e-5, label=f"β* minimized, κ = {condition:g}"),
        ]
    far = information.minimal_weight([1.0, 1e6]).value
    ends = information.regime_parameter([1.0, 1e6], far)
    scaled = [
        information.regime_parameter([c, 4 * c], information.minimal_weight([c, 4 * c]).value) for c in (1e-3, 1e3)
    ]
    return Evidence.all_of(
        *pieces,
        Evidence.exact(float(ends[1]), 0.5 - 5e-7, 1e-7, label="α_max, κ = 10⁶"),
        Evidence.exact(float(ends[0]), 1 - 1e-6, 1e-7, label="α_min, κ = 10⁶"),
        Evidence.exact([list(map(float, each)) for each in scaled], [[2 / 3, 1 / 3]] * 2, 1e-6, label="α of cF"),
    )


@paper.claim("alternatives-fail", tier="quick", origin="paper", source=ABSTRACT)
def alternatives_fail(seed: int) -> Evidence:
    """Other measures of convergence time do not put a threshold at two: the weight is zero or infinite for any spectrum,
    and a minimizer that stops at its bracket must not call that an optimum."""
    import numpy as np

    expected = {
        "kappa": "infinite",
        "rho": "zero",
        "slowest-rate": "infinite",
        "kappa-rho-inverse": "infinite",
        "fisher-hessian": "infinite",
    }
    spectra = [np.array([1.0, k]) for k in (1.2, 1.9, 2.1, 5.0, 300.0)] + random_spectra(seed, 20)
    pieces = []
    for name, outcome in expected.items():
        found = [information.minimal_weight(values, name) for values in spectra]
        pieces.append(Evidence.exact([each.outcome for each in found], [outcome] * len(found), label=name))
        limit = math.inf if outcome == "infinite" else 0.0
        pieces.append(Evidence.exact([each.value == limit for each in found], [True] * len(found), label=f"β*, {name}"))
    same = [
        abs(information.minimal_weight(v, "fisher-hessian-rho").value - information.closed_form_weight(v).value)
        / v.max()
        for v in spectra
    ]
    return Evidence.all_of(
        *pieces, Evidence.exact(float(max(same)), 0.0, 1e-5, label="Hessian F with ρ(g): the threshold stays")
    )


@paper.claim("power-family", tier="quick", origin="derived", source=DERIVED)
def power_family(seed: int) -> Evidence:
    """The threshold is 1 + 1/p for the condition number to the power p: 3, 2, 3/2 and 5/4 for p = 1/2, 1, 2 and 4."""
    powers = (0.5, 1.0, 2.0, 4.0)
    return Evidence.exact([information.threshold(p) for p in powers], [1 + 1 / p for p in powers], 1e-3)


@paper.claim(
    "good-regulator-fixed-point", tier="quick", origin="derived", source="Virgo and others 2025; case derived here"
)
def good_regulator_fixed_point(seed: int) -> Evidence:
    """To regulate is not to sense: a controller that copies a dial and a clock that never looks hold the same five good
    pairs, a constant one none; when the dial jumps both fail, and one that acts on what it sees does not."""
    import numpy as np

    sizes = {
        (name, jump): information.largest_regulator(information.clock_world(name, jump)).size
        for name in ("copy", "clock", "blind", "reflex")
        for jump in (False, True)
    }
    copy = information.clock_world("copy")
    found = information.largest_regulator(copy)
    believed = [copy.state_names[s] for s in found.belief(2)]
    walked = (information.survival_times(copy, 60, 1, seed) == 60).all(axis=2)
    jumping = information.clock_world("reflex", jump=True)
    held = (information.survival_times(jumping, 60, 50, seed) == 60).all(axis=2)
    lost = (information.survival_times(information.clock_world("copy", jump=True), 60, 50, seed) == 60).any()
    return Evidence.all_of(
        Evidence.exact(
            [sizes[name, False] for name in ("copy", "clock", "blind")], [5, 5, 0], label="copy, clock, blind"
        ),
        Evidence.exact([sizes[name, True] for name in ("copy", "clock")], [0, 0], label="when the dial jumps"),
        Evidence.exact(sizes["reflex", True], 25, label="acting on what is seen, when it jumps"),
        Evidence.exact([len(found.belief(c)) for c in range(5)], [1] * 5, label="|ψ(c)|"),
        Evidence.exact(believed, ["d=2 x=0"], label="ψ(2)"),
        Evidence.exact(np.array_equal(walked, found.pairs), True, label="walks agree, copy"),
        Evidence.exact([int(held.sum()), bool(lost)], [25, False], label="walks with jumps"),
    )


@paper.claim("conant-ashby", tier="quick", origin="textbook", source="Conant and Ashby 1970")
def conant_ashby(seed: int) -> Evidence:
    """For 500 random outcome tables the best of all maps from states to responses has an outcome entropy that none of
    1000 random stochastic regulators falls below."""
    import numpy as np

    generator = np.random.default_rng(seed)
    violations, gains = 0, []
    for _ in range(500):
        table, law = generator.integers(0, 5, (5, 4)), generator.dirichlet(np.ones(5))
        _, entropy = information.best_deterministic_regulator(table, law)
        sharpness = generator.choice([0.02, 0.2, 1.0], size=(1000, 5, 1))
        weights = generator.standard_gamma(np.broadcast_to(sharpness, (1000, 5, 4))) + 1e-300
        policies = weights / weights.sum(axis=2, keepdims=True)
        entropies = information.outcome_entropies(table, law, policies)
        violations += int((entropies < entropy - 1e-12).sum())
        gains.append(float(entropies.mean() - entropy))
    return Evidence.all_of(
        Evidence.exact(violations, 0, label="stochastic regulators below the best map"),
        Evidence.exact(min(gains) >= 0, True, label="the mean regulator is above"),
    )


@paper.claim("natural-gradient-invariance", tier="quick", origin="textbook", source="Amari 1998")
def natural_gradient_invariance(seed: int) -> Evidence:
    """From μ = 1.5, σ = 0.5 the natural gradient of the divergence from the standard Gaussian is at (1.29068, 0.59553) after
    half a unit of time in three coordinates alike; the plain gradient ends in three places."""
    import numpy as np

    models = [information.GaussianModel(each) for each in ("deviation", "log-deviation", "natural")]
    ends = [model.descend(1.5, 0.5, 0.5)[-1] for model in models]
    plain = [model.descend(1.5, 0.5, 0.5, natural=False)[-1] for model in models]
    generator = np.random.default_rng(seed)
    errors = []
    for deviation in generator.uniform(0.3, 3.0, 5):
        found = models[0].fisher(float(generator.normal()), float(deviation))
        errors.append(float(np.abs(found * deviation**2 - np.diag([1.0, 2.0])).max()))
    return Evidence.all_of(
        Evidence.exact([list(map(float, end)) for end in ends], [[1.2906775, 0.5955344]] * 3, 1e-6, label="natural"),
        Evidence.exact(
            list(map(float, ends[0])), list(information.exact_gaussian_flow(1.5, 0.5, 0.5)), 1e-8, label="closed form"
        ),
        Evidence.exact(
            [list(map(float, end)) for end in plain],
            [[0.9098, 0.8509], [0.9098, 0.6895], [1.2505, 0.4626]],
            1e-4,
            label="plain",
        ),
        Evidence.exact(max(errors), 0.0, 1e-9, label="F from scores against diag(1, 2)/σ²"),
    )


@paper.claim("noise-feigns-quantum", tier="quick", origin="textbook", source="Marchenko and Pastur 1967")
def noise_feigns_quantum(seed: int) -> Evidence:
    """An isotropic Fisher matrix of 300 parameters seems to have κ = ((1+√γ)/(1−√γ))², within 10% (a finite matrix's edges
    lie inside), and crosses two between 45 and 25 samples a parameter."""
    import numpy as np

    generator = np.random.default_rng(seed)
    found, exact = [], []
    for ratio in (10, 25, 45):
        scores = generator.standard_normal((300 * ratio, 300))
        spectrum = np.linalg.eigvalsh(scores.T @ scores)
        exact.append(information.isotropic_condition_number(300, 300 * ratio))
        found.append(float(spectrum[-1] / spectrum[0]))
    return Evidence.all_of(
        Evidence.exact([a / b for a, b in zip(found, exact, strict=True)], 1.0, 0.1, label="measured / predicted"),
        Evidence.exact([each > 2 for each in found], [True, True, False], label="κ > 2"),
        Evidence.exact(
            [information.isotropic_condition_number(10**6, n * 10**6) > 2 for n in (33, 34)],
            [True, False],
            label="33 and 34",
        ),
    )
