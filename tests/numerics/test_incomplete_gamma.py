"""Scaled incomplete gamma functions against an arbitrary-precision library."""

import mpmath
import numpy as np
import pytest

from phasebook.numerics.incomplete_gamma import scaled_upper_gamma


@pytest.mark.parametrize("order", [0.51, 0.8, 1.2, 1.49])
def test_it_is_the_scaled_function_from_nought_to_where_its_factors_overflow(order):
    arguments = [0.0, 0.1, 3.0, 14.9, 15.1, 30.0, 400.0, 1e5]
    with mpmath.workdps(40):
        exact = [float(mpmath.exp(z) * mpmath.gammainc(order, z) / mpmath.gamma(order)) for z in arguments]
    np.testing.assert_allclose(scaled_upper_gamma(order, arguments), exact, rtol=5e-15)


def test_arguments_outside_are_refused():
    for order, argument in ((0.0, 1.0), (1.0, -1.0)):
        with pytest.raises(ValueError, match="order must be positive"):
            scaled_upper_gamma(order, argument)
