"""Generated problems: published values at the default parameters, two solvers for every template, records, disagreement."""

import dataclasses
import json
from fractions import Fraction

import numpy as np
import pytest

from phasebook import quantum

# Values of arXiv 2510.05228's kind of problems, computed elsewhere to the digits given.
PUBLISHED = (
    ("heis-ring-e0", {"sites": 12, "coupling": 1.0}, (-5.387390917445,)),
    ("heis-gap", {"sites": 12, "coupling": 1.0}, (0.355847513703,)),
    ("mg-point", {"sites": 8, "coupling": 1.0}, (2.0, -0.375)),
    ("aklt", {"sites": 5, "coupling": 1.0}, (-8 / 3, 4.0)),
    ("tfim-crit", {"sites": 12, "coupling": 1.0}, (-15.322595151081,)),
    ("lieb-wu", {"interaction": 4.0}, (-0.573729367898,)),
    ("lieb-wu", {"interaction": 8.0}, (-0.327530534380,)),
    ("ising-4x4", {"side": 4, "temperature": 2.0}, (-1.755380288777,)),
    ("onsager", {"temperature": 2.0}, (-1.745564575313, 0.911319377877)),
    ("heis-thermal", {"sites": 8, "anisotropy": 1.0, "temperature": 0.5}, (-0.343209299,)),
    ("heis-4x4", {"width": 4, "height": 4, "vertical": 1.0}, (-0.701780200527,)),
)


@pytest.mark.parametrize(("name", "parameters", "values"), PUBLISHED)
def test_first_solver_has_the_published_value(name: str, parameters: dict, values: tuple) -> None:
    found = quantum.problem_template(name).first(parameters)
    assert found.values == pytest.approx(values, abs=1e-9)


def test_there_are_enough_templates_with_enough_instances() -> None:
    assert len(quantum.TEMPLATES) >= 24
    for template in quantum.TEMPLATES.values():
        drawn = quantum.drawn_parameters(template, 10, seed=3)
        assert len({json.dumps(each, sort_keys=True) for each in drawn}) == 10
        assert quantum.drawn_parameters(template, 4, seed=3) == drawn[:4]
        assert quantum.drawn_parameters(template, 10, seed=4) != drawn


@pytest.mark.parametrize("name", [name for name in quantum.TEMPLATES if name != "heis-4x4"])
def test_two_solvers_agree_and_the_record_names_them(name: str) -> None:
    template = quantum.problem_template(name)
    for problem in quantum.instances(template, 2, seed=5):
        record = problem.record()
        truth = record["ground_truth"]
        assert truth["solver"] != truth["second_solver"]
        assert record["solution"].startswith(r"\boxed{")
        assert record["solution"].count("{") == record["solution"].count("}")
        assert record["prompt"].count("$") % 2 == 0
        assert json.loads(json.dumps(record)) == record
        assert {"prompt", "solution", "parameters", "functions", "type", "index"} <= record.keys()
        assert quantum.grade_reply(f"So it is {problem.solution}.", problem.problem).outcome == "correct"


def test_a_solver_that_is_wrong_by_a_little_is_noticed() -> None:
    template = quantum.problem_template("hub-ring")
    parameters = {"sites": 4, "interaction": 4.0}
    right = template.first(parameters)
    wrong = dataclasses.replace(right, values=(right.values[0] * (1 + 1e-7),))
    broken = dataclasses.replace(template, first=lambda p: wrong)
    with pytest.raises(quantum.InvalidProblemError, match=r"hub-ring-0 .* must agree"):
        quantum.instantiate(broken, parameters)
    more = dataclasses.replace(template, first=lambda p: dataclasses.replace(right, values=(*right.values, 1.0)))
    with pytest.raises(quantum.InvalidProblemError, match="gives 2 values"):
        quantum.instantiate(more, parameters)


def test_a_monte_carlo_value_far_off_is_noticed() -> None:
    template = quantum.problem_template("ising-4x4")
    parameters = {"side": 4, "temperature": 2.5}
    problem = quantum.instantiate(template, parameters, seed=1)
    assert 0 < problem.largest_score < 4
    shift = 6 * problem.second.stderrs[0]
    shifted = dataclasses.replace(problem.second, values=(problem.second.values[0] + shift,))
    broken = dataclasses.replace(template, second=lambda p, seed: shifted)
    with pytest.raises(quantum.InvalidProblemError):
        quantum.instantiate(broken, parameters)


def test_dimer_and_pairing_texts_say_what_their_values_are() -> None:
    dimer = quantum.problem_template("hub-dimer").first({"hopping": 3, "interaction": 2})
    assert dimer.text == r"\frac{2 U-\sqrt{4 U^2+144 t^2}}{2}"
    assert dimer.values[0] == pytest.approx((2 * 0.5 - np.sqrt(4 * 0.25 + 144)) / 2)
    pairing = quantum.problem_template("eta-pair").first({"sites": 4, "hopping": 1, "repulsion": 1, "potential": 1})
    assert pairing.text == r"U-2 \mu"
    assert pairing.values == (1, 1, 1, -12)


@pytest.mark.parametrize("index", range(6))
def test_triple_products_are_the_algebra_s_commutators(index: int) -> None:
    template = quantum.problem_template("spin-comm")
    problem = quantum.instantiate(template, quantum.drawn_parameters(template, 6, seed=2)[index])
    spins = quantum.Spins(Fraction(1, 2))
    first, middle, last = (problem.parameters[name] - 1 for name in ("first", "middle", "last"))

    def dot(a: int, b: int) -> quantum.Element:
        ladder = spins.raising(a) * spins.lowering(b) + spins.lowering(a) * spins.raising(b)
        return ladder * Fraction(1, 2) + spins.z(a) * spins.z(b)

    found = quantum.commutator(dot(first, middle), dot(middle, last)) * problem.parameters["strength"]
    reply = quantum.text(found, lambda site: f"S_{site + 1}")
    assert quantum.grade_reply(rf"\boxed{{{reply}}}", problem.problem).outcome == "correct"
    assert quantum.grade_reply(rf"\boxed{{-({reply})}}", problem.problem).outcome == "wrong"


def test_problems_are_read_again_from_their_file(tmp_path) -> None:
    names = ("hub-dimer", "boson-power", "jw-string", "spin-comm", "mg-point")
    found = [quantum.instances(quantum.problem_template(name), 1, seed=7)[0] for name in names]
    file = tmp_path / "problems.jsonl"
    file.write_text("".join(json.dumps(each.record()) + "\n" for each in found))
    assert quantum.read_problems(file) == [each.problem for each in found]


def test_normal_order_of_the_number_operator_has_stirling_numbers() -> None:
    answer = quantum.problem_template("boson-power").first({"kind": "number", "first": 4, "second": 0})
    for coefficient in ("7", "6"):
        assert coefficient in answer.text
    # ⟨2|(b†b)⁴|2⟩ = 16
    assert answer.values[2 * 8 + 2] == pytest.approx(16)


def test_unknown_names_and_too_many_instances_are_refused() -> None:
    with pytest.raises(ValueError, match="name must be one of heis-ring-e0"):
        quantum.problem_template("heis")
    with pytest.raises(ValueError, match=r"count must be at most .* for heis-ring-e0"):
        quantum.drawn_parameters(quantum.problem_template("heis-ring-e0"), 1000, seed=1)
    with pytest.raises(ValueError, match="each must be"):
        next(quantum.all_problems(0, seed=1))


def test_extras_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tenpy", None)
    monkeypatch.setitem(__import__("sys").modules, "netket", None)
    with pytest.raises(quantum.MissingExtraError, match=r"phasebook\[quantum\].*physics-tenpy"):
        quantum.dmrg_chain_energy(8)
    with pytest.raises(quantum.MissingExtraError, match=r"phasebook\[quantum\].*netket"):
        quantum.variational_ising_energy(8, seed=1)
    with pytest.raises(ValueError, match="side must be even"):
        quantum.variational_torus_energy(5, seed=1)
