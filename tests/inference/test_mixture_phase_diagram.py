"""The phase diagram: exact rows and columns, the boundary, the limit of low signal, refusals."""

import math

import numpy as np
import pytest

from phasebook.inference import (
    GaussianMixture,
    fitted_half_distance,
    label_accuracy,
    lloyd_max_levels,
    low_snr_constant,
    phase_diagram,
    population_fit,
    pure_noise_constant,
    skewed_means,
    symmetric_error,
    symmetric_label_accuracy,
    symmetric_means,
    triangle_means,
)

RATIOS, SNRS = [0.3, 0.7, 1.0, 1.3, 1.7], [0.01, 0.5, 2.0]


@pytest.fixture(scope="module")
def two_means():
    return phase_diagram(symmetric_means(2), RATIOS, SNRS)


def test_two_means_follow_the_scalar_equation(two_means):
    for row, ratio in enumerate(RATIOS):
        for column, snr in enumerate(SNRS):
            cell = two_means.isel(ratio=row, snr=column)
            half = fitted_half_distance(snr, ratio)
            assert float(cell.spread) == pytest.approx(half, abs=1e-6)
            assert float(cell.normalized_squared_error) == pytest.approx(
                symmetric_error(snr, ratio), rel=1e-3, abs=1e-9
            )
            assert bool(cell.collapsed) == (ratio**2 >= 1 + snr)
            accuracy = 0.5 if ratio**2 >= 1 + snr else symmetric_label_accuracy(snr)
            assert float(cell.label_accuracy) == pytest.approx(accuracy, abs=1e-9)


def test_thresholds_and_constants_stand_beside_the_grid(two_means):
    assert two_means.local_threshold.values == pytest.approx(np.sqrt(1 + np.array(SNRS)))
    assert two_means.collapse_threshold.values == pytest.approx(np.sqrt(1 + np.array(SNRS)))
    assert two_means.low_snr_constant.values == pytest.approx([low_snr_constant(ratio) for ratio in RATIOS])
    assert two_means.spread.dims == ("ratio", "snr")
    assert all(
        "units" in two_means[name].attrs and "long_name" in two_means[name].attrs for name in two_means.variables
    )


def test_the_truth_stands_at_ratio_one_for_three_means():
    diagram = phase_diagram(triangle_means(), [0.8, 1.0, 1.1, 1.5], [0.05, 1.0])
    assert (diagram.normalized_squared_error.sel(ratio=1.0) < 1e-12).all()
    assert diagram.local_threshold.values == pytest.approx(np.sqrt(1 + 0.5 * np.array([0.05, 1.0])))
    assert diagram.collapsed.sel(ratio=1.5).values.tolist() == [True, True]
    assert diagram.collapsed.sel(ratio=1.1).values.tolist() == [True, False]
    assert (diagram.normalized_squared_error.sel(ratio=0.8) > 0).all()


def test_first_order_collapse_is_seen_from_either_side():
    ratios = np.sqrt([5.9, 6.9, 7.3])
    diagram = phase_diagram(skewed_means(), ratios, [5.0])
    assert diagram.collapsed.values.ravel().tolist() == [False, False, True]
    assert float(diagram.collapse_threshold[0]) ** 2 == pytest.approx(7.163, abs=5e-4)


def test_snr_per_dimension_and_units_of_the_geometry_do_not_matter():
    total = phase_diagram(triangle_means(), [0.8], [1.0])
    each = phase_diagram(GaussianMixture(30 * triangle_means(), 4.0), [0.8], [0.5], snr_definition="per_dim")
    for name in ("normalized_squared_error", "spread", "label_accuracy", "local_threshold"):
        assert each[name].values == pytest.approx(total[name].values, rel=1e-6)


def test_low_signal_errs_by_the_constant_of_pure_noise():
    snr = 1e-6
    mixture = GaussianMixture(triangle_means()).scaled_to(snr)
    fit = population_fit(mixture, 0.6)
    size = math.sqrt((fit.means**2).sum() / 3)
    constant = pure_noise_constant(3, 2, 0.6)
    assert size == pytest.approx(constant, abs=1e-4)
    assert fit.normalized_squared_error * snr == pytest.approx(constant**2, rel=5e-3)


def test_the_constant_of_many_means_on_a_line_reaches_the_quantizer():
    hard = math.sqrt((lloyd_max_levels(3) ** 2).mean())
    assert pure_noise_constant(3, 1, 0.02) == pytest.approx(hard, abs=1e-4)
    assert pure_noise_constant(2, 3, 0.5) == low_snr_constant(0.5)
    assert pure_noise_constant(3, 2, 1.2) == 0.0


def test_the_constant_knows_the_weights():
    mixture = GaussianMixture([-1.0, 1.0], 1.0, [0.9, 0.1])
    diagram = phase_diagram(mixture, [0.5, 1.0], [1e-6])
    size = mixture.scaled_to(1e-6).centered_means
    constant = diagram.low_snr_constant.values
    expected = 2 * constant[0] ** 2 / (size**2).sum()
    assert float(diagram.normalized_squared_error[0, 0]) == pytest.approx(expected, rel=0.01)
    assert constant[1] == 0.0
    assert pure_noise_constant(2, 1, 0.5, weights=[0.5, 0.5]) == low_snr_constant(0.5)


def test_labels_of_unequal_weights_depend_on_the_assumed_level():
    mixture = GaussianMixture([-1.0, 1.0], 1.0, [0.7, 0.3])
    diagram = phase_diagram(mixture, [0.6, 1.0], [0.5])
    scaled = mixture.scaled_to(0.5)
    fit = population_fit(scaled, 0.6)
    expected = label_accuracy(scaled, fit.means, ratio=0.6)
    assert float(diagram.label_accuracy[0, 0]) == pytest.approx(expected, abs=1e-6)
    assert abs(expected - label_accuracy(scaled, fit.means, ratio=0)) > 0.01
    assert float(diagram.label_accuracy[1, 0]) == pytest.approx(float(diagram.bayes_accuracy[0]), abs=1e-6)


def test_progress_is_told_after_each_snr():
    told = []
    phase_diagram(symmetric_means(), [1.0], [0.5, 1.0], progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: phase_diagram([[1.0]], [1.0], [1.0]), "components must be at least 2: one mean has no phase diagram"),
        (lambda: phase_diagram([1.0, 1.0], [1.0], [1.0]), "the mixture has no signal"),
        (lambda: phase_diagram([-1.0, 1.0], [], [1.0]), "rho_grid must be a list of numbers"),
        (lambda: phase_diagram([-1.0, 1.0], [0.0, 1.0], [1.0]), "rho_grid must be positive; got 0"),
        (lambda: phase_diagram([-1.0, 1.0], [1.0, 0.5], [1.0]), "rho_grid must increase"),
        (lambda: phase_diagram([-1.0, 1.0], [1.0], [-1.0]), "snr_grid must be positive; got -1"),
        (lambda: phase_diagram([-1.0, 1.0], [1.0], [1.0], snr_definition="x"), "snr_definition must be"),
        (lambda: pure_noise_constant(1, 1, 0.5), "components must be at least 2"),
    ],
)
def test_wrong_grids_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
