"""An experiment merges its two roads, and refuses what stands on the wrong one."""

from typing import Annotated

import numpy as np
import pytest
import xarray as xr

from phasebook.claims import Along, Paper, Range

UNITLESS = {"units": "1", "long_name": "the square"}


def make(theory_name: str = "square_theory", attributes: dict | None = None, **options):
    paper = Paper("mixture-misspecification")

    @paper.experiment(**options)
    def squares(side: Annotated[float, Range(0, 10, "a side", unit="m")] = 2.0) -> xr.Dataset:
        """The square of a side.

        More words.
        """
        return xr.Dataset({theory_name: ((), side**2, UNITLESS if attributes is None else attributes)})

    @squares.measurement
    def measured_squares(side, *, samples: Annotated[int, Range(2, 100)] = 10, seed: int) -> xr.Dataset:
        """The same, measured."""
        noise = np.random.default_rng(seed).standard_normal(samples)
        return xr.Dataset(
            {
                "square_simulation": ((), side**2 + noise.mean(), UNITLESS),
                "square_stderr": ((), noise.std() / samples**0.5, UNITLESS),
            }
        )

    return squares


def test_run_merges_both_roads_and_says_what_it_ran():
    data = make().run({"side": 3.0}, seed=5)
    assert set(data.data_vars) == {"square_theory", "square_simulation", "square_stderr"}
    assert data.square_theory == 9.0
    assert data.attrs["parameters"] == '{"samples": 10, "side": 3.0}'
    assert data.attrs["title"] == "The square of a side."
    assert set(make().run(only="theory").data_vars) == {"square_theory"}
    assert set(make().run(only="measurement").data_vars) == {"square_simulation", "square_stderr"}


def test_the_same_seed_gives_the_same_numbers():
    xr.testing.assert_identical(make().run(seed=1), make().run(seed=1))
    assert not make().run(seed=1).equals(make().run(seed=2))


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ({"edge": 1.0}, {}, "unknown parameter 'edge'; squares takes side, samples"),
        ({"side": 11.0}, {}, r"side must be a number in \[0, 10\] m; got 11.0"),
        ({"samples": 5}, {"only": "theory"}, "samples belongs to the measurement, which only=theory leaves out"),
        ({}, {"only": "simulation"}, "only must be one of theory, measurement"),
        ({}, {"seed": -1}, "seed must be an integer from 0 to 4294967295; got -1"),
        ({}, {"seed": 1.5}, "seed must be an integer"),
    ],
)
def test_wrong_input_is_one_sentence(given, options, message):
    with pytest.raises(ValueError, match=message):
        make().run(given, **options)


def test_names_on_the_wrong_road_are_refused():
    with pytest.raises(TypeError, match="'square_simulation' stands on the theory road"):
        make("square_simulation").run(only="theory")
    with pytest.raises(TypeError, match="'square' stands on the theory road"):
        make("square").run(only="theory")
    with pytest.raises(TypeError, match="has no units and no long_name"):
        make(attributes={}).run(only="theory")


def test_single_numbers_become_a_curve_along_the_declared_parameter():
    experiment = make(along=Along("side", 1.0, 9.0, count=5, measured=3))
    data = experiment.curve(seed=1)
    assert data.square_theory.dropna("side").values.tolist() == [1.0, 9.0, 25.0, 49.0, 81.0]
    assert data.square_simulation.dropna("side").side.values.tolist() == [1.0, 5.0, 9.0]
    assert data.side.attrs == {"long_name": "a side", "units": "m"}
    at_one = experiment.curve({"side": 2.0}, seed=1)
    assert at_one.square_simulation.dropna("side").side.values.tolist() == [2.0]


def test_logarithmic_axes_end_where_they_should():
    assert Along("side", 0.01, 100.0, scale="log").values(5) == pytest.approx([0.01, 0.1, 1.0, 10.0, 100.0])


def test_a_second_measurement_or_name_is_refused():
    experiment = make()
    with pytest.raises(TypeError, match="has a measurement already"):
        experiment.measurement(lambda side, *, seed: None)
