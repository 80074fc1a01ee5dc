"""CMT-Benchmark's lattices: the two solvers of every problem, options that do not apply, own lattices, units of long claims."""

import dataclasses
import typing

import numpy as np
import pytest

from phasebook import quantum
from phasebook.claims import judge, load_paper
from phasebook.papers.cmt_benchmark import lattice_experiments, long_lattice_claims

paper = load_paper("cmt-benchmark")
truth = paper.experiments["ground-truth"]


def test_the_listed_problems_are_those_of_the_library():
    listed = typing.get_args(typing.get_args(lattice_experiments.Problem)[0])
    assert listed == tuple(quantum.REFERENCE_PROBLEMS)


@pytest.mark.parametrize(
    ("options", "value"),
    [
        ({"problem": "heis-ring-e0", "size": 12}, -5.387390917445),
        ({"problem": "heis-ring-e0", "size": 7}, None),
        ({"problem": "heis-open-e0", "size": 16}, -6.911737145575),
        ({"problem": "xxz-ring-e0", "size": 9, "anisotropy": -1.3}, -0.25 * 1.3 * 9),
        ({"problem": "xxz-ring-e0", "size": 10, "anisotropy": 0.0}, None),
        ({"problem": "heis-gap", "size": 12}, 0.355847513703),
        ({"problem": "mg-point", "size": 10}, -3 / 8),
        ({"problem": "aklt", "size": 6}, -10 / 3),
        ({"problem": "tfim-crit", "size": 12}, -15.322595151081),
        ({"problem": "tfim-gap", "size": 9}, 2 * np.tan(np.pi / 36)),
        ({"problem": "hub-dimer", "interaction": 3.0}, -1.0),
        ({"problem": "hub-ring", "size": 6, "interaction": 4.0}, -3.668706178873),
        ({"problem": "hub-ring", "size": 5, "interaction": -2.0}, None),
        ({"problem": "lieb-wu", "interaction": 8.0}, -0.327530534380),
        ({"problem": "scaling-dim", "anisotropy": 0.0}, 0.25),
    ],
)
def test_both_solvers_have_the_value(options, value):
    data = truth.run(options, seed=1)
    accuracy = 1e-6 if options["problem"] == "scaling-dim" else 1e-9
    assert float(data.value_simulation) == pytest.approx(float(data.value_theory), abs=accuracy)
    assert float(data.value_stderr) == 0
    assert str(data.first_solver_theory.values) != str(data.second_solver_simulation.values)
    if value is not None:
        assert float(data.value_theory) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "value"),
    [
        ({"problem": "ising-4x4", "size": 4, "temperature": 2.0}, -1.755380288777),
        ({"problem": "ising-4x4", "size": 16, "temperature": 2.0}, -1.755380288777),
        ({"problem": "onsager", "temperature": 2.0}, -1.745564575313),
        ({"problem": "heis-thermal", "size": 8, "temperature": 0.5}, -0.343209299),
        ({"problem": "heis-ring-e0", "size": 26}, None),
    ],
)
def test_monte_carlo_has_the_value_within_its_error(options, value):
    data = truth.run(options, seed=2)
    stderr = float(data.value_stderr)
    assert 0 < stderr < 0.03
    assert abs(float(data.value_simulation - data.value_theory)) < 4.5 * stderr
    if value is not None:
        assert float(data.value_theory) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"problem": "heis-ring-e0", "anisotropy": 0.5}, "anisotropy does not apply to problem=heis-ring-e0"),
        ({"problem": "hub-ring", "temperature": 1.0}, "temperature does not apply to problem=hub-ring"),
        ({"problem": "onsager", "size": 8}, "size does not apply to problem=onsager"),
        ({"problem": "ising-4x4", "size": 5}, "size must be 4 or 16"),
        ({"problem": "heis-gap", "size": 7}, "size must be from 4 to 24 in steps of two"),
        ({"problem": "xxz-ring-e0", "size": 30, "anisotropy": 2.0}, "size must be at most 24"),
        ({"problem": "xxz-ring-e0", "size": 19}, "size must be at most 18"),
        ({"problem": "hub-ring", "size": 10, "interaction": -1.0}, "interaction must be positive"),
        ({"problem": "nothing"}, "problem must be one of"),
    ],
)
def test_options_that_do_not_apply_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        truth.run(options, seed=1)


def test_own_lattices_with_and_without_a_sign_problem(tmp_path):
    experiment = paper.experiments["own-lattice"]
    for name, closing, solver in (("square", "0,3,1", "stochastic series"), ("triangle", "0,2,1", "typical states")):
        path = tmp_path / f"{name}.csv"
        path.write_text(f"first,second,coupling\n0,1,1\n1,2,1\n2,3,1\n{closing}\n")
        given = {"bonds": experiment.parameters["bonds"].parse(str(path)), "sweeps": 4000}
        data = experiment.run(given, seed=3)
        assert str(data.solver_simulation.values).startswith(solver)
        assert float(np.abs((data.energy_simulation - data.energy_theory) / data.energy_stderr).max()) < 4.5
    assert float(data.ground_energy_theory) == pytest.approx(-1.5)
    with pytest.raises(ValueError, match="coldest must be below hottest"):
        experiment.run({"coldest": 2.0, "hottest": 1.0})


def test_units_of_the_grid_are_judged():
    names = [each["template"] for each in paper.claims["grid"].function(0)]
    assert names == list(quantum.TEMPLATES)
    unit = long_lattice_claims.grid_unit("hub-dimer", 1)
    assert unit["refused"] == 0
    assert len(unit["scores"]) == 10
    results = [{"template": name, **unit} for name in names]
    assert judge(long_lattice_claims.grid_judged(results)).verdict == "holds"
    results[3] = {**results[3], "refused": 1}
    assert judge(long_lattice_claims.grid_judged(results)).verdict == "fails"


def test_a_template_with_a_wrong_solver_is_refused_by_the_grid(monkeypatch):
    right = quantum.problem_template("hub-dimer")
    wrong = dataclasses.replace(
        right, first=lambda p: dataclasses.replace(right.first(p), values=tuple(-v for v in right.first(p).values))
    )
    monkeypatch.setitem(quantum.TEMPLATES, "hub-dimer", wrong)
    assert long_lattice_claims.grid_unit("hub-dimer", 1)["refused"] == 10


def test_variational_claims_at_a_small_size():
    pytest.importorskip("netket")
    unit = long_lattice_claims.vmc_torus_unit(4, 40, 512, 4096, 16, seed=1)
    assert unit["energy"] == pytest.approx(-0.701780, abs=0.02)
