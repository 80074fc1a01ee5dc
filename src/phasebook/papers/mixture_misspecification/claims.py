"""Claims: on either side of the right noise level, thresholds, labels, and the whole phase diagram."""

from __future__ import annotations

import math
from typing import Any

from ... import inference, numerics
from ...claims import Evidence, Measured
from .subject import ABSTRACT, DATA_SETS, DERIVED, paper, population_of


@paper.claim("correct-specification", tier="quick", origin="paper", source=ABSTRACT, paper_value=0.0)
def correct_specification(seed: int) -> Evidence:
    """With the right noise level the population fit returns the true means at every signal-to-noise ratio."""
    import numpy as np

    line = [inference.GaussianMixture(size * inference.symmetric_means()) for size in (0.1, 0.3, 1.0, 2.0)]
    plane = [inference.GaussianMixture(size * inference.triangle_means()) for size in (0.5, 1.0)]
    errors = [
        float(np.abs(inference.population_fit(each, 1.0, start=1.3 * each.means).means - each.means).max())
        for each in (*line, *plane)
    ]
    return Evidence.exact(errors, 0.0, 1e-6, label="largest error of a mean, started at 1.3 times the truth")


@paper.claim("under-smoothing", tier="quick", origin="paper", source=ABSTRACT, paper_value=-1.0, statistical=True)
def under_smoothing(seed: int) -> Evidence:
    """With a noise level assumed too small the relative squared error of two means grows like 1/SNR as SNR → 0."""
    import numpy as np

    snrs = np.array([1e-4, 10**-3.5, 1e-3])
    geometry = inference.GaussianMixture(inference.symmetric_means())
    errors = [population_of(geometry.scaled_to(snr), 0.5).normalized_squared_error for snr in snrs]
    slope = float(np.polyfit(np.log(snrs), np.log(errors), 1)[0])
    # The slope is -1 at SNR = 0; (c - √SNR)² makes it -1.025 over this window.
    lower = [float(snr * inference.symmetric_error(snr, 0.5)) for snr in (1e-6, 1e-8)]
    # Standard error 0.0007; hard assignment, another constant of the same law, would add 0.05.
    size, true_size = (
        inference.sampled_size(_pair(1e-3), 0.5, 200_000, DATA_SETS, numerics.part_seed(seed, 4)),
        math.sqrt(1e-3),
    )
    excess = size.value - true_size
    sampled = Measured(excess**2, 2 * excess * size.stderr, size.dof)
    return Evidence.all_of(
        Evidence.exact(slope, -1.025, 0.005, label="slope of ln error against ln SNR"),
        Evidence.exact(float(snrs[0] * errors[0]), 0.5712, 1e-3, label="SNR · error at SNR = 1e-4"),
        Evidence.exact(lower, inference.low_snr_constant(0.5) ** 2, 2e-3, label="SNR · error towards SNR = 0"),
        Evidence.equal(sampled, 1e-3 * errors[2], 0.005, label="SNR · error of 200,000 samples at SNR = 1e-3"),
    )


@paper.claim("low-snr-constant", tier="quick", origin="derived", source=DERIVED)
def low_snr_constant(seed: int) -> Evidence:
    """In pure noise two means fitted with ρ < 1 end at ±c(ρ), the root of c = E[z tanh(zc/ρ²)], c(0) = √(2/π)."""
    published = {
        0.0: 0.636620,
        0.1: 0.636538,
        0.3: 0.629979,
        0.5: 0.586377,
        0.7: 0.453967,
        0.8: 0.338717,
        0.9: 0.186449,
        0.95: 0.096970,
    }
    roots = [inference.low_snr_constant(ratio) ** 2 for ratio in published]
    # Another road: the lattice sums and Newton steps of the general fit, where the means are a speck in the noise.
    speck = inference.GaussianMixture(1e-5 * inference.symmetric_means())
    lattice = [inference.population_fit(speck, ratio).size ** 2 for ratio in published if ratio >= 0.3]
    expected = [value for ratio, value in published.items() if ratio >= 0.3]
    return Evidence.all_of(
        Evidence.exact(roots, list(published.values()), 1e-5, label="c² by root finding"),
        Evidence.exact(lattice, expected, 1e-5, label="c² by the general fit"),
    )


@paper.claim(
    "collapse-threshold", tier="quick", core=True, origin="paper", source="abstract of arXiv 2605.02448; λ derived"
)
def collapse_threshold(seed: int) -> Evidence:
    """With too large a noise level all fitted means coincide once ρ² passes 1 + λ·SNR: within 1% for two means (λ = 1), within 3%
    for a triangle (λ = 1/2)."""
    spreads = []
    for means, squares in (
        (inference.triangle_means(), (0.97 * 1.5, 1.03 * 1.5)),
        (inference.symmetric_means(), (1.98, 2.02)),
    ):
        mixture = inference.GaussianMixture(means)
        spreads.append([inference.population_fit(mixture, math.sqrt(square)).spread for square in squares])
    fractions = [
        inference.GaussianMixture(means).leading_fraction
        for means in (inference.symmetric_means(), inference.triangle_means())
    ]
    # A threshold at λ = 1 for the triangle would leave a spread of 0.5 above; plain EM at a loose tolerance leaves 1e-2.
    return Evidence.all_of(
        Evidence.exact([below for below, _ in spreads], [0.3961, 0.15478], 1e-3, label="spread 3% and 1% below in ρ²"),
        Evidence.exact([above for _, above in spreads], 0.0, 1e-4, label="spread 3% and 1% above in ρ²"),
        Evidence.exact(fractions, [1.0, 0.5], 1e-12, label="λ"),
    )


@paper.claim("hard-assignment", tier="quick", origin="derived", source=DERIVED, statistical=True)
def hard_assignment(seed: int) -> Evidence:
    """Hard assignment is the limit ρ → 0: two means end at the folded normal's mean √(2/π) exp(−s²/2) + s(1 − 2Φ(−s))."""
    separations = (0.1, 1.0, 2.0, 3.0)
    soft = [inference.population_fit(_pair(s * s), 0.02).size for s in separations]
    folded = [inference.hard_half_distance(s * s) for s in separations]
    sampled = inference.sampled_size(_pair(0.01), 0.0, 750_000, DATA_SETS, numerics.part_seed(seed, 1))
    # Standard error 0.00027; forgetting the signal gives √(2/π), 0.0040 away, and a fit at ρ = 0.5 gives 0.7702.
    return Evidence.all_of(
        Evidence.exact(soft, folded, 1e-4, label="population at ρ = 0.02"),
        Evidence.exact(folded, [0.801871, 1.166631, 2.016981, 3.000764], 1e-6, label="constants"),
        Evidence.equal(sampled, folded[0], 0.0019, label="k-means on 750,000 samples, s = 0.1"),
    )


@paper.claim(
    "samples-follow-population",
    tier="quick",
    origin="own",
    source="large-sample limit of maximum likelihood",
    statistical=True,
)
def samples_followpopulation_of(seed: int) -> Evidence:
    """Expectation-maximization on 100,000 samples finds the means of the population fit, on both sides of ρ = 1."""
    # Eight data sets; standard errors 0.0006, 0.0012, 0.0016. A fit that estimates the noise level finds 0.1, 0.316 in two of them.
    pieces = []
    for ratio, snr, tolerance in ((0.5, 0.01, 0.0063), (0.8, 0.1, 0.0119), (1.0, 1.0, 0.0154)):
        measured = inference.sampled_size(_pair(snr), ratio, 100_000, DATA_SETS, numerics.part_seed(seed, 2, snr))
        predicted = inference.fitted_half_distance(snr, ratio)
        pieces.append(Evidence.equal(measured, predicted, tolerance, label=f"ρ = {ratio}, SNR = {snr}"))
    space = inference.GaussianMixture(inference.symmetric_means(3))
    collapsed = inference.sampled_size(space, 1.5, 100_000, 4, numerics.part_seed(seed, 3))
    pieces.append(Evidence.exact(collapsed.value, 0.0, 1e-3, label="ρ = 1.5, SNR = 1, d = 3"))
    return Evidence.all_of(*pieces)


@paper.claim("first-order-collapse", tier="quick", origin="derived", source=DERIVED)
def first_order_collapse(seed: int) -> Evidence:
    """Lopsided means collapse discontinuously and later than local stability says: five at −1 and one at 5 at ρ² = 7.163, not 6."""
    mixture = inference.GaussianMixture(inference.skewed_means())
    gaps = [inference.likelihood_gap(mixture, math.sqrt(square)) for square in (6.9, 7.3)]
    # A thousand units of total log-likelihood from the collapse on either side: no sample of this size is on the wrong one.
    apart, joined = (
        inference.sampled_size(mixture, math.sqrt(square), 100_000, 2, numerics.part_seed(seed, 6, square)).value
        for square in (6.5, 7.9)
    )
    return Evidence.all_of(
        Evidence.exact(gaps, [0.00535, -0.00194], 5e-5, label="likelihood apart − collapsed at ρ² = 6.9, 7.3"),
        Evidence.exact(inference.collapse_ratio(mixture) ** 2, 7.163, 0.01, label="ρ² of the collapse"),
        Evidence.exact(inference.local_collapse_ratio(mixture) ** 2, 6.0, 1e-12, label="ρ² of local stability"),
        Evidence.exact([apart > 1.0, joined < 1e-3], [True, True], label="samples apart at ρ² = 6.5, joined at 7.9"),
    )


@paper.claim("label-accuracy", tier="quick", origin="derived", source=DERIVED, statistical=True)
def label_accuracy(seed: int) -> Evidence:
    """Between two means on a line hard clustering labels as well as Bayes' rule, right with probability Φ(√SNR)."""
    # Standard error at most 0.0005 with 1,000,000 samples; half of what forgetting the square root of the SNR changes is 0.03.
    pieces = []
    for snr in (0.1, 1.0):
        mixture = _pair(snr)
        points, labels = mixture.sample(1_000_000, numerics.part_seed(seed, 9, snr))
        centers = inference.lloyd_fit(points, 2, start=mixture.means).means
        for name, means, scale in (("Bayes", mixture.means, 1.0), ("k-means", centers, None)):
            agreement = inference.label_agreement(inference.assign_labels(points, means, scale), labels)
            right = round(agreement * len(labels))
            predicted = inference.symmetric_label_accuracy(snr)
            pieces.append(
                Evidence.rate(right, len(labels), predicted=predicted, tolerance=0.0035, label=f"{name}, SNR = {snr}")
            )
    return Evidence.all_of(*pieces)


@paper.claim("phase-diagram", tier="full", origin="paper", source=ABSTRACT, statistical=True)
def phase_diagram(seed: int) -> list[dict[str, Any]]:
    """On a 40 × 40 grid of ρ and SNR the means of K = 2, 3, 4 in the plane collapse within one cell of ρ² = 1 + λ·SNR, and 10⁶
    samples follow the population at twelve points."""
    grid = [{"components": components, "columns": part} for components in (2, 3, 4) for part in range(8)]
    return grid + [{"components": components, "columns": -1} for components in (2, 3, 4)]


@phase_diagram.unit
def phase_diagram_unit(components: int, columns: int, seed: int) -> dict[str, Any]:
    """Five columns of the grid in the population; or, for columns = -1, four points measured on one million samples."""
    import numpy as np

    geometry = inference.GaussianMixture(inference.regular_means(components, 2))
    if columns >= 0:
        snrs = _grid_snrs()[5 * columns : 5 * columns + 5]
        diagram = inference.phase_diagram(geometry, _grid_ratios(), snrs)
        return {"snr": snrs, "collapsed": diagram.collapsed.values, "fraction": np.array(geometry.leading_fraction)}
    values, errors, predicted = [], [], []
    for ratio, snr in ((0.5, 0.1), (0.8, 1.0), (1.1, 1.0), (1.6, 1.0)):
        mixture = geometry.scaled_to(snr)
        measured = inference.sampled_size(mixture, ratio, 1_000_000, 4, numerics.part_seed(seed, components, ratio))
        values.append(measured.value)
        errors.append(measured.stderr)
        predicted.append(population_of(mixture, ratio).size)
    return {"values": np.array(values), "errors": np.array(errors), "predicted": np.array(predicted)}


@phase_diagram.judged
def phase_diagram_judged(results: list[dict[str, Any]]) -> Evidence:
    """The boundary in cells, and the samples beside the population."""
    import numpy as np

    ratios, offsets, pieces = _grid_ratios(), [], []
    for result in results:
        if int(result["columns"]) >= 0:
            first = np.argmax(result["collapsed"], axis=0)
            predicted = np.sqrt(1 + float(result["fraction"]) * result["snr"])
            offsets += [
                int(abs(row - np.searchsorted(ratios, edge))) for row, edge in zip(first, predicted, strict=True)
            ]
            continue
        for index, (value, error, predicted) in enumerate(
            zip(result["values"], result["errors"], result["predicted"], strict=True)
        ):
            label = f"samples, K = {int(result['components'])}, point {index + 1}"
            if predicted < 1e-6:
                pieces.append(Evidence.exact(float(value), 0.0, 1e-3, label=label))
            else:
                # Standard errors up to 0.002 over four data sets (t = 5.8 at 3 degrees); the means move by 0.1 per 0.1 in ρ.
                pieces.append(
                    Evidence.equal(Measured(float(value), float(error), 3.0), float(predicted), 0.02, label=label)
                )
    return Evidence.all_of(Evidence.exact(max(offsets), 0, 1, label="boundary off by cells"), *pieces)


def _pair(snr: float) -> Any:
    return inference.GaussianMixture(inference.symmetric_means()).scaled_to(snr)


def _grid_ratios() -> Any:
    import numpy as np

    return np.linspace(0.3, 2.25, 40)


def _grid_snrs() -> Any:
    import numpy as np

    return np.geomspace(0.05, 4.0, 40)
