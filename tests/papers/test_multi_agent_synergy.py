"""What scripts depend on: names and edge values of the allocation, and a user's own records."""

from pathlib import Path

import pytest

from phasebook.claims import load_paper
from phasebook.populations import read_answers, read_messages, write_answers, write_messages
from phasebook.results import as_json

DATA = Path(__file__).resolve().parents[1] / "data"
EXPERIMENTS = load_paper("multi-agent-synergy").experiments


def test_the_allocation_has_the_names_that_scripts_use():
    allocation = EXPERIMENTS["allocation"]
    assert {"beta", "fan_in", "fidelity", "correlation", "message_length", "budget"} <= set(allocation.parameters)
    result = as_json(allocation.run(only="theory"), 0.0)
    assert result["variables"]["leaf_compute_theory"]["values"] == pytest.approx(52.4008, rel=1e-6)
    assert result["variables"]["leaves_theory"]["values"] == pytest.approx(1291.976, rel=1e-6)
    assert result["variables"]["budget_threshold_theory"]["values"] == pytest.approx(175.319, abs=1e-3)


@pytest.mark.parametrize("beta", [0.3, 0.4, 0.6])
def test_an_infinite_threshold_is_null_in_json(beta):
    result = as_json(EXPERIMENTS["allocation"].run({"beta": beta}, only="theory"), 0.0)
    assert result["variables"]["budget_threshold_theory"]["values"] is None
    assert result["variables"]["regime_theory"]["values"] == "one agent at any budget"


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_a_user_s_records_in_either_format_give_the_same_numbers(tmp_path, suffix):
    write_answers(read_answers(DATA / "team_answers.csv"), tmp_path / f"answers{suffix}")
    write_messages(read_messages(DATA / "team_messages.json"), tmp_path / f"messages{suffix}")
    given = {"answers": tmp_path / f"answers{suffix}", "messages": tmp_path / f"messages{suffix}", "trees": 100}
    shipped = {"answers": DATA / "team_answers.csv", "messages": DATA / "team_messages.json", "trees": 100}
    assert EXPERIMENTS["own-team"].run(given).equals(EXPERIMENTS["own-team"].run(shipped))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"answers": DATA / "team_answers.csv"}, "messages must be a file too"),
        ({"messages": DATA / "team_messages.json"}, "answers must be a file too"),
        ({"answers": DATA / "team_messages.json"}, "row 1, column 'agent' is empty"),
        ({"answers": DATA / "README.md"}, "answers must be one of synthetic, or a file"),
        ({"budget": 500.0}, "budget must pay for three leaves"),
        ({"window": 5.0}, "exceed the window of 5 tokens"),
    ],
)
def test_records_that_do_not_fit_are_refused(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        EXPERIMENTS["own-team"].run(given, only="theory")


def test_an_even_fan_in_needs_a_coin():
    with pytest.raises(ValueError, match="fan_in must be odd"):
        EXPERIMENTS["allocation"].run({"fan_in": 4})
    gains = [
        float(EXPERIMENTS["allocation"].run({"fan_in": fan_in, "ties": "coin"}, only="theory").team_gain_exact)
        for fan_in in (4, 3)
    ]
    assert gains[0] < 1 < gains[1]  # the fourth message is wasted
