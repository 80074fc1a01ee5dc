"""One suite over all built papers: the contract that every experiment and claim keeps."""

import math

import pytest

from benchmarks.__main__ import COMPARISONS
from phasebook.claims import built_papers
from phasebook.experiments import SUFFIXES
from phasebook.parameters import plain

PAPERS = built_papers()
EXPERIMENTS = [experiment for paper in PAPERS for experiment in paper.experiments.values()]
CLAIMS = [claim for paper in PAPERS for claim in paper.claims.values()]


def name(item) -> str:
    return f"{item.slug}-{item.name}" if hasattr(item, "name") else item.slug


@pytest.mark.parametrize("paper", PAPERS, ids=name)
def test_a_paper_explains_itself(paper):
    assert paper.entry.status == "built"
    assert paper.notes
    assert paper.stops
    assert "phasebook" in paper.own_data
    assert paper.experiments
    assert len(paper.equations) >= 3, "say what the paper stands on with paper.equation(name, formula, where)"
    assert all(equation.name and equation.formula for equation in paper.equations)
    assert paper.comparisons, "name the paper's benchmarks: Paper(comparisons=...)"
    assert set(paper.comparisons) <= set(COMPARISONS)
    assert sum(claim.core for claim in paper.claims.values()) == 1


@pytest.mark.parametrize("claim", CLAIMS, ids=name)
def test_a_claim_is_one_sentence_with_its_origin(claim):
    assert claim.statement.endswith(".")
    assert len(claim.statement) < 400
    assert claim.origin in ("paper", "derived", "textbook", "own")
    assert claim.source
    assert claim.tier in ("quick", "full", "gpu")
    assert (claim.unit_function is None) == (claim.judge_function is None)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=name)
def test_defaults_are_allowed_and_documented(experiment):
    assert experiment.title
    for parameter in experiment.parameters.values():
        assert parameter.check(parameter.default) == parameter.default
        assert parameter.help, parameter.name
        if parameter.kind in ("float", "int") and parameter.default is not None:
            assert parameter.parse(str(parameter.default)) == parameter.default


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=name)
def test_values_just_outside_their_bounds_are_refused(experiment):
    for parameter in experiment.parameters.values():
        if parameter.kind not in ("float", "int"):
            continue
        for bound, outside in ((parameter.low, parameter.low - 1), (parameter.high, parameter.high + 1)):
            assert parameter.check(bound) == bound
            with pytest.raises(ValueError, match=f"{parameter.option} must be"):
                experiment.run({parameter.name: outside})
        with pytest.raises(ValueError, match=f"{parameter.option} must be"):
            parameter.check(math.nan)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=name)
def test_every_road_runs_at_its_defaults(experiment):
    for road in experiment.roads:
        data = experiment.run(only=road, seed=1)
        names = [str(variable) for variable in data.data_vars]
        assert all(text.endswith(SUFFIXES[road]) or text.startswith("count_") for text in names)
        assert data.attrs["paper"] == experiment.slug
        for variable in data.data_vars.values():
            if variable.dtype.kind == "f" and not any(
                str(dim).startswith(("component", "piece")) for dim in variable.dims
            ):
                assert variable.notnull().all(), variable.name


@pytest.mark.parametrize("experiment", [e for e in EXPERIMENTS if "measurement" in e.roads], ids=name)
def test_the_same_seed_gives_the_same_numbers(experiment):
    first, again = experiment.run(only="measurement", seed=4), experiment.run(only="measurement", seed=4)
    other = experiment.run(only="measurement", seed=5)
    assert first.identical(again)
    assert not first.equals(other)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=name)
def test_parameters_are_plain_in_records(experiment):
    values = experiment.resolve({})
    assert set(plain(values)) == set(values)
