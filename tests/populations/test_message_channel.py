"""Fidelity curves: exact values, monotonicity, and what a table refuses."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.populations import (
    ConstantChannel,
    ExponentialChannel,
    FidelityNotMonotone,
    PowerChannel,
    TableChannel,
    message_fidelity,
)


def test_known_values():
    assert message_fidelity(ExponentialChannel(10.0), 10.0) == pytest.approx(1 - math.exp(-1), abs=1e-15)
    assert message_fidelity(PowerChannel(10.0, 2.0), 10.0) == pytest.approx(0.75, abs=1e-15)
    assert message_fidelity(ExponentialChannel(10.0), 0.0) == 0.0
    np.testing.assert_array_equal(message_fidelity(ConstantChannel(0.7), [1.0, 50.0]), [0.7, 0.7])
    table = TableChannel((1.0, 4.0, 9.0), (0.2, 0.5, 0.6))
    np.testing.assert_allclose(message_fidelity(table, [1, 4, 9]), [0.2, 0.5, 0.6], atol=1e-15)


@given(
    st.lists(st.floats(0.0, 1.0), min_size=2, max_size=8).map(sorted),
    st.floats(0.1, 50.0),
    st.floats(0.1, 5.0),
)
def test_longer_messages_are_never_worse(fidelities, scale, power):
    tokens = tuple(float(3**k) for k in range(len(fidelities)))
    lengths = np.linspace(1.0, tokens[-1], 200)
    for channel in (ExponentialChannel(scale), PowerChannel(scale, power), TableChannel(tokens, tuple(fidelities))):
        values = message_fidelity(channel, lengths)
        assert np.all(np.diff(values) >= -1e-12)
        assert np.all((values >= 0) & (values <= 1))


def test_a_table_that_falls_names_the_index_and_offers_a_fit():
    with pytest.raises(FidelityNotMonotone, match=r"fidelities\[2\]=0.4 .*TableChannel.isotonic") as caught:
        TableChannel((1, 2, 3, 4), (0.1, 0.5, 0.4, 0.9))
    assert caught.value.index == 2
    fitted = TableChannel.isotonic((1, 2, 3, 4), (0.1, 0.5, 0.4, 0.9), weights=(1, 1, 3, 1))
    assert fitted.fidelities == pytest.approx((0.1, 0.425, 0.425, 0.9))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ConstantChannel(1.2), r"fidelity must lie in \[0, 1\]; got 1.2"),
        (lambda: ExponentialChannel(0.0), "scale must be"),
        (lambda: PowerChannel(1.0, -1.0), "power must be"),
        (lambda: TableChannel((1.0,), (0.5,)), "at least 2"),
        (lambda: TableChannel((2.0, 1.0), (0.5, 0.6)), r"tokens\[1\]=1 is not"),
        (lambda: TableChannel((1.0, 2.0), (0.5, 1.6)), r"fidelities\[1\]=1.6"),
        (lambda: message_fidelity(ExponentialChannel(1.0), -1.0), "must not be negative"),
        (lambda: message_fidelity(TableChannel((1.0, 2.0), (0.5, 0.6)), 3.0), r"table's range \[1, 2\]; got 3"),
    ],
)
def test_wrong_channels_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
