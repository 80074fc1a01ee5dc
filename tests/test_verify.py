"""Verification: one claim's crash is its own verdict; records and exit codes keep the contract."""

import json
import os
import signal
import subprocess
import sys

import pytest

from phasebook.claims import Claim, Evidence, Finding, Measured, built_papers, load_paper
from phasebook.records import history
from phasebook.verify import Result, exit_code, json_line, measure_claim, select_claims, verify

KEYS = [
    "paper", "claim", "tier", "statement", "origin", "paper_value", "measured", "stderr", "dof", "interval", "predicted",
    "tolerance", "relation", "comparisons", "verdict", "finding", "message", "seconds", "seed",
]  # fmt: skip


def results(claims, **options) -> list[Result]:
    return [step.result for step in verify(claims, **options) if step.result is not None]


def claim(evidence=None, finding: Finding | None = None, tier="quick") -> Claim:
    def function(seed: int) -> Evidence:
        """One is one."""
        return evidence

    return Claim("mixture-misspecification", "toy", function, tier, False, "own", "here", finding=finding)


@pytest.fixture
def toy(monkeypatch):
    """Let `load_paper` find a toy claim, so that what verify does with any evidence can be seen in this process."""

    def install(toy_claim: Claim) -> Claim:
        paper = load_paper("mixture-misspecification")
        monkeypatch.setitem(paper.claims, "toy", toy_claim)
        return toy_claim

    return install


def test_the_json_line_keeps_its_contract(toy):
    [result] = results([toy(claim(Evidence.equal(Measured(1.01, 0.01, 30), 1.0, 0.07)))], workers=0)
    line = json.loads(json_line(result))
    assert list(line) == KEYS
    assert (line["verdict"], line["measured"], line["predicted"], line["relation"]) == ("holds", 1.01, 1.0, "=")
    assert line["interval"] == pytest.approx([0.9825, 1.0375], abs=1e-4)
    assert line["statement"] == "One is one."
    assert line["comparisons"][0]["verdict"] == "holds"
    assert exit_code([result]) == 0


@pytest.mark.parametrize(
    ("measured", "finding", "verdict", "code"),
    [
        (Measured(1.0, 0.01, 30), None, "holds", 0),
        (Measured(2.0, 0.01, 30), None, "fails", 1),
        (Measured(1.05, 0.03, 30), None, "inconclusive", 1),
        (Measured(2.0, 0.01, 30), Finding("two", 2.0, 0.1), "fails", 0),
        (Measured(2.5, 0.01, 30), Finding("two", 2.0, 0.1), "fails", 1),
        (Measured(1.0, 0.01, 30), Finding("two", 2.0, 0.1), "holds", 1),
    ],
)
def test_exit_codes(toy, measured, finding, verdict, code):
    [result] = results([toy(claim(Evidence.equal(measured, 1.0, 0.07), finding))], workers=0)
    assert result.verdict == verdict
    assert exit_code([result]) == code
    assert (json.loads(json_line(result))["finding"] is None) == (finding is None)


def test_what_is_no_evidence_is_an_error(toy):
    [result] = results([toy(claim(evidence="all is well"))], workers=0)
    assert result.verdict == "error"
    assert "returned str where Evidence is due" in result.message
    assert exit_code([result]) == 2


def test_an_absent_package_or_gpu_is_skipped_with_the_reason(toy, monkeypatch):
    absent = claim(Evidence.exact(1, 1))
    absent.needs = ("a_package_that_nobody_has",)
    [result] = results([toy(absent)], workers=0)
    assert (result.verdict, result.message) == (
        "skipped",
        "needs the package a_package_that_nobody_has, which is not installed",
    )
    assert exit_code([result]) == 0
    monkeypatch.setattr("phasebook.runtime.gpu_absent", lambda: "needs a GPU; JAX sees cpu")
    gpu = claim(Evidence.exact(1, 1), tier="gpu")
    gpu.needs = ("gpu",)
    [result] = results([toy(gpu)], workers=0)
    assert (result.verdict, result.message) == ("skipped", "needs a GPU; JAX sees cpu")


def test_units_of_a_long_claim_are_saved_and_resumed(toy, tmp_path, monkeypatch):
    monkeypatch.setenv("PHASEBOOK_CACHE", str(tmp_path))
    measured = []

    def parts(seed: int):
        """The parts add up."""
        return [{"part": part} for part in range(5)]

    long = toy(Claim("mixture-misspecification", "toy", parts, "full", False, "own", "here"))

    @long.unit
    def measure(part: int, seed: int):
        measured.append(part)
        if part == 3 and measured.count(3) == 1:
            raise RuntimeError("not yet")
        return {"twice": 2.0 * part}

    @long.judged
    def add(results):
        return Evidence.exact(sum(float(each["twice"]) for each in results), 20.0)

    [first] = results([long], workers=0)
    assert first.verdict == "error"
    assert first.message == "unit {'part': 3}: RuntimeError: not yet"
    assert measured == [0, 1, 2, 3]
    [second] = results([long], workers=0)
    assert second.verdict == "holds"
    assert measured == [0, 1, 2, 3, 3, 4]


def test_core_is_one_quick_claim_per_paper_and_quick_includes_it():
    for paper in built_papers():
        core = select_claims([paper.slug])
        assert len(core) == 1
        assert core[0] in select_claims([paper.slug], tier="quick")
    assert len(select_claims()) == len(built_papers())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tier": "slow"}, "tier must be one of core, quick, full, gpu; got 'slow'"),
        ({"claim": "nonsense"}, "claim must be one of"),
        ({"slugs": ["nonsense"]}, "SLUG must be one of the catalogue's"),
        ({"slugs": ["parallel-complex-diffusion"]}, "parallel-complex-diffusion is planned"),
    ],
)
def test_wrong_selection_is_one_sentence(options, message):
    with pytest.raises(ValueError, match=message):
        select_claims(**options)


def test_in_this_process_with_jax_and_xarray_alone(tmp_path):
    """`verify --workers 0` must run where only JAX and xarray (and NumPy, SciPy) are installed."""
    script = (
        "import sys\n"
        "class Absent:\n"
        "    names = {'typer', 'rich', 'platformdirs', 'pebble', 'holoviews', 'bokeh', 'matplotlib', 'zarr', 'distributed',\n"
        "             'sklearn', 'pyarrow', 'h5netcdf', 'yaml', 'numba', 'optimistix', 'lineax', 'jinja2'}\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in self.names:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from phasebook.verify import select_claims, verify\n"
        # Two claims compare times, which a busy machine may spoil; no test hangs on that.
        "claims = [claim for claim in select_claims(tier='quick') if claim.name != 'speed']\n"
        "results = [step.result for step in verify(claims, workers=0) if step.result]\n"
        "print(sorted({result.verdict for result in results}), sum(r.verdict == 'holds' for r in results))\n"
        "print([(r.claim.name, r.message) for r in results if r.verdict not in ('holds', 'skipped')])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    verdicts, others = done.stdout.splitlines()
    assert "'holds'" in verdicts
    assert others == "[]"


def test_ctrl_c_keeps_what_was_measured(tmp_path):
    """Interrupt after the first claim has its verdict: exit code 130, and the record is there."""
    records = tmp_path / "kept.sqlite"
    environment = {**os.environ, "PHASEBOOK_RECORDS": str(records)}
    command = [sys.executable, "-m", "phasebook.cli", "verify", "--tier", "quick", "--json", "--workers", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    first = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "are kept" in errors
    assert (first["paper"], first["claim"]) in {(record.paper, record.claim) for record in history(path=records)}


def test_measuring_in_this_process_is_judged():
    name = select_claims(["mixture-misspecification"])[0].name
    assert measure_claim("mixture-misspecification", name, 0)["verdict"] == "holds"
