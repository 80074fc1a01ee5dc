"""CMT-Benchmark's experiments on published and own grades."""

import numpy as np
import pytest

from phasebook.claims import load_paper

paper = load_paper("cmt-benchmark")


def test_report_of_the_published_grades():
    data = paper.experiments["report"].run(seed=1)
    assert str(data.model_data.values[0]) == "GPT-5"
    assert data.score_data.values[0] == pytest.approx(0.3)
    assert data.p_value_data.values[1] == pytest.approx(0.7744, abs=1e-4)
    assert float(data.mean_score_stderr) == pytest.approx(float(data.mean_score_error_exact), rel=0.03)
    assert int(data.problems_data.values[0]) == 18
    assert "not resolved" in str(data.verdict_data.values)


def test_report_of_own_grades(tmp_path):
    path = tmp_path / "graded.csv"
    rows = [f"p{i},{model},{int(i < solved)}" for model, solved in (("a", 6), ("b", 2)) for i in range(8)]
    path.write_text("problem,model,correct\n" + "\n".join(rows) + "\n")
    experiment = paper.experiments["report"]
    data = experiment.run({"graded": experiment.parameters["graded"].parse(str(path))})
    assert list(data.score_data.values) == [0.75, 0.25]
    assert "type_rate_data" not in data
    # Four problems that only the first solves: p = 2/16.
    assert list(data.p_value_data.values) == [1.0, 0.125]


def test_report_of_one_model(tmp_path):
    path = tmp_path / "graded.csv"
    path.write_text("problem,model,correct,seed\n" + "".join(f"p{i},a,{i % 2},{s}\n" for i in range(6) for s in (0, 1)))
    experiment = paper.experiments["report"]
    data = experiment.run({"graded": experiment.parameters["graded"].parse(str(path))})
    assert "model_error_data" not in data
    assert str(data.verdict_data.values).startswith("One model answered 6 problems")
    assert str(data.ranking_data.values) == "a 50.0 %"
    assert list(data.pass_at_k_data.values) == [0.5]


def test_resolution_agrees_with_its_simulation():
    data = paper.experiments["resolution"].run({"only_first": 0.2, "only_second": 0.05, "problems": 80}, seed=2)
    assert abs(float(data.power_simulation - data.power_theory)) < 5 * float(data.power_stderr)
    distance = np.abs(data.power_curve_simulation - data.power_curve_theory) / data.power_curve_stderr
    assert float(distance.max()) < 5
    equal = paper.experiments["resolution"].run({"only_first": 0.1, "only_second": 0.1}, only="theory")
    assert int(equal.problems_needed_theory) == 0
    assert float(equal.power_curve_theory.max()) < 0.05
