"""Parameters come from signatures: parsing, bounds, and one clear sentence for whatever is wrong."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.parameters import File, Help, Range, Text, UserFile, parameters_of, plain


def theory(
    load: Annotated[float, Range(-1.0, 2.0, "patterns per spin")] = 0.1,
    size: Annotated[int, Range(1, 5000, "spins", unit="sites")] = 400,
    moments: Annotated[tuple[float, ...], Range(-3, 9, "orders")] = (1.0, 2.0),
    closure: Annotated[Literal["normal", "log-normal", 2], Help("which closure")] = "normal",
    exact: Annotated[bool, Help("sum over all states")] = False,
    name: Annotated[str, Text(r"[a-z ]+", "a name", longest=8)] = "spin",
    cutoff: Annotated[float | None, Range(0, 1)] = None,
    network: Annotated[UserFile | None, File("tests.test_parameters:read", "a network", suffixes=(".txt",))] = None,
) -> "NoSuchType":  # noqa: F821  the return annotation is never resolved
    """A theory."""


def measurement(load, size, *, trajectories: Annotated[int, Range(8, 64)] = 8, seed: int):
    """A measurement."""


def read(path: Path) -> str:
    return path.read_text().strip()


PARAMETERS = parameters_of(theory, measurement)


def test_parameters_of_both_functions_in_order():
    assert list(PARAMETERS) == [
        "load",
        "size",
        "moments",
        "closure",
        "exact",
        "name",
        "cutoff",
        "network",
        "trajectories",
    ]
    assert PARAMETERS["trajectories"].road == "measurement"
    assert PARAMETERS["load"].road == "both"
    assert PARAMETERS["size"].help == "spins"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("load", "-0.5", -0.5),
        ("load", "1e-3", 1e-3),
        ("size", "400", 400),
        ("size", "4e2", 400),
        ("moments", "-1,0.3", (-1.0, 0.3)),
        ("moments", "1", (1.0,)),
        ("closure", "log-normal", "log-normal"),
        ("closure", "2", 2),
        ("exact", "true", True),
        ("exact", "no", False),
        ("name", "a spin", "a spin"),
        ("cutoff", "0.5", 0.5),
    ],
)
def test_text_becomes_a_value(name, text, value):
    parsed = PARAMETERS[name].parse(text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("load", "3", r"load must be a number in \[-1, 2\]; got 3.0"),
        ("load", "nan", r"load must be a number in \[-1, 2\]; got nan"),
        ("load", "much", r"load must be a number in \[-1, 2\]; got 'much'"),
        ("size", "1.5", r"size must be an integer in \[1, 5000\] sites; got 1.5"),
        ("size", "0", r"size must be an integer in \[1, 5000\] sites; got 0"),
        ("moments", "1,,2", "moments must be numbers in"),
        ("moments", "1,99", "moments must be numbers in"),
        ("closure", "cubic", "closure must be one of normal, log-normal, 2; got 'cubic'"),
        ("exact", "perhaps", "exact must be true or false; got 'perhaps'"),
        ("name", "Spin!", "name must be a text of at most 8 characters"),
        ("name", "too long a name", "name must be a text of at most 8 characters"),
        ("network", "nothing.txt", "which is no file"),
    ],
)
def test_wrong_text_is_one_sentence(name, text, message):
    with pytest.raises(ValueError, match=message):
        PARAMETERS[name].parse(text)


def test_a_file_is_read_at_the_boundary_and_known_by_its_hash(tmp_path):
    path = tmp_path / "chain.txt"
    path.write_text("a -- b\n")
    file = PARAMETERS["network"].parse(str(path))
    assert file.content == "a -- b"
    identity = plain({"network": file})["network"]
    assert identity["name"] == "chain.txt"
    assert identity["size"] == 7
    assert str(tmp_path) not in str(identity)
    other = tmp_path / "chain.csv"
    other.write_text("")
    with pytest.raises(ValueError, match=r"network must be a file \(\.txt\); got 'chain.csv'"):
        PARAMETERS["network"].parse(str(other))


@given(st.floats(-1.0, 2.0))
def test_a_float_survives_the_command_line(value):
    assert PARAMETERS["load"].parse(repr(value)) == value


@given(st.floats().filter(lambda value: not -1.0 <= value <= 2.0))
def test_no_float_outside_the_bounds_passes(value):
    with pytest.raises(ValueError, match="load must be"):
        PARAMETERS["load"].check(value)


@given(st.text(max_size=30))
def test_any_text_gives_a_value_or_a_sentence(text):
    for parameter in PARAMETERS.values():
        try:
            parameter.parse(text)
        except ValueError as error:
            assert parameter.option in str(error)  # noqa: PT017


def test_signatures_outside_the_contract_fail_at_import():
    def no_default(load: Annotated[float, Range(0, 1)]): ...
    def no_bounds(load: float = 0.5): ...
    def reserved(seeds: Annotated[int, Range(0, 1)] = 0): ...
    def no_seed(load=0.5): ...
    def positional(load, extra: Annotated[int, Range(0, 1)] = 0, *, seed: int): ...

    for function, message in (
        (no_default, "needs a default"),
        (no_bounds, "outside the contract"),
        (reserved, "reserved"),
    ):
        with pytest.raises(TypeError, match=message):
            parameters_of(function, None)
    with pytest.raises(TypeError, match="takes no seed"):
        parameters_of(theory, no_seed)
    with pytest.raises(TypeError, match="must be keyword-only"):
        parameters_of(theory, positional)
