"""Records in the shape of the public data set, which names no algebra and answers with lists of numbers between commas."""

import pytest

from phasebook.quantum.answer_equality import coordinates
from phasebook.quantum.grader import grade_reply
from phasebook.quantum.problem_records import Problem, read_problems


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2", ["2"]),
        ("2,2,1", ["2", "2", "1"]),
        (r"0.33,\,0.27", ["0.33", r"\,0.27"]),
        (r"\left(0.5, 1.25\right)", ["0.5", "1.25"]),
        ("(0.5, f(1, 2))", ["0.5", "f(1, 2)"]),
        ("(1)(2)", ["(1)(2)"]),
        ("(1, 2) + (3, 4)", ["(1, 2) + (3, 4)"]),
        (r"\{1, 2\}", [r"\{1, 2\}"]),
        ("1)", ["1)"]),
        ("", [""]),
    ],
)
def test_coordinates_stand_between_commas(text, parts):
    assert coordinates(text) == parts


@pytest.mark.parametrize(
    ("solution", "reply", "outcome"),
    [
        ("2,2,1", "2,2,1", "correct"),
        ("2,2,1", "(2, 2, 1)", "correct"),
        ("2,2,1", "1,2,2", "wrong"),
        ("2,2,1", "2,2", "wrong"),
        ("0.33, 0.27", r"\frac{33}{100},\,0.27", "correct"),
        ("0.33, 0.27", "0.33, q", "unparsed"),
        (r"(2.5, 0.5); (-2.5, 0.5)", r"\left(-2.5, 0.5\right); \left(2.5, 0.5\right)", "correct"),
        (r"(2.5, 0.5); (-2.5, 0.5)", r"(0.5, 2.5); (-2.5, 0.5)", "wrong"),
    ],
)
def test_lists_of_numbers_are_compared_one_by_one(solution, reply, outcome):
    problem = Problem("p", rf"$\boxed{{{solution}}}$", kind="numeric")
    assert grade_reply(rf"So \boxed{{{reply}}}", problem).outcome == outcome


def test_a_conjugate_in_the_declaration_and_an_algebra_from_outside(tmp_path):
    path = tmp_path / "records.yaml"
    path.write_text(
        "problems:\n"
        "- {prompt: a, parameters: '$N_k;B;B*$', functions: '', solution: '$\\boxed{N_k B}$', type: PEPS, index: 0}\n"
        "- {prompt: b, parameters: '$t; (c_s^\\dagger, NC); (c_s, NC)$', functions: '$(s, \\uparrow, \\downarrow)$',\n"
        "   solution: '$\\boxed{t c_\\uparrow^\\dagger c_\\uparrow}$', type: HF, index: 1}\n"
        "- {prompt: c, parameters: '$(b, NC)$', functions: '', solution: '\\boxed{b}', type: HF, index: 2, algebra: boson}\n"
    )
    conjugate, fermion, boson = read_problems(path, algebra="fermion")
    assert grade_reply(r"\boxed{f = B N_k}", conjugate).outcome == "correct"
    assert (fermion.algebra, boson.algebra, conjugate.algebra) == ("fermion", "boson", None)
    assert grade_reply(r"\boxed{t(1 - c_\uparrow c_\uparrow^\dagger)}", fermion).outcome == "correct"
    with pytest.raises(ValueError, match="'c_s' is NC but no algebra is given"):
        read_problems(path)
