"""The command's contract: outputs, JSON keys and exit codes that scripts depend on."""

import json

import pytest
import xarray as xr
from typer.testing import CliRunner

from phasebook import catalogue, cli
from phasebook.errors import PhasebookError
from phasebook.records import Record, add_records

RUN = ["run", "multi-agent-synergy", "root-bias", "--trees", "100", "--depth", "3"]


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch):
    from phasebook import terminal

    monkeypatch.setattr(terminal.out, "_width", 200)


def test_list_shows_every_paper_and_what_is_planned(phasebook):
    said = phasebook("list")
    assert said.code == 0
    planned = [entry.slug for entry in catalogue.entries().values() if entry.status == "planned"]
    assert said.out.count("planned") == len(planned) > 0
    assert "mixture-misspecification" in said.out
    family = phasebook("list", "--family", "populations")
    assert "multi-agent-synergy" in family.out
    assert "mixture-misspecification" not in family.out
    assert phasebook("list", "--family", "cooking").code == 2


def test_search_forgives_spelling(phasebook):
    assert phasebook("search", "momnt", "closure").out.splitlines()[1].startswith("moment-closure-validity")
    nothing = phasebook("search", "zzzqqq")
    assert (nothing.code, nothing.err) == (1, "phasebook: no paper shares a piece of 'zzzqqq'\n")


@pytest.mark.parametrize("slug", ["mixture-misspecification", "multi-agent-synergy"])
def test_show_explains_a_paper_whole(phasebook, slug):
    said = phasebook("show", slug)
    assert said.code == 0
    for part in ("Where it stops being true", "Experiment", "Claims", "On your own data", "--", "derived"):
        assert part in said.out


def test_show_says_plainly_what_is_planned(phasebook):
    said = phasebook("show", "parallel-complex-diffusion")
    assert said.code == 0
    assert "planned: it is in the catalogue, and has no experiments or claims yet" in said.out


def test_run_prints_one_json_object(phasebook):
    said = phasebook(*RUN, "--seed", "3", "--json")
    assert said.code == 0
    result = json.loads(said.out)
    assert list(result) == ["paper", "experiment", "parameters", "seed", "variables", "seconds"]
    assert (result["paper"], result["experiment"], result["seed"]) == ("multi-agent-synergy", "root-bias", 3)
    assert result["parameters"]["trees"] == 100
    theory = result["variables"]["root_bias_theory"]
    assert list(theory) == ["dims", "units", "values"]
    assert theory["dims"] == ["level"]
    assert len(theory["values"]) == 4
    assert result["variables"]["level"]["values"] == [0, 1, 2, 3]
    again = json.loads(phasebook(*RUN, "--seed=3", "--json").out)
    assert again["variables"] == result["variables"]


def test_only_one_road(phasebook):
    theory = json.loads(phasebook("run", "multi-agent-synergy", "root-bias", "--only", "theory", "--json").out)
    assert not [name for name in theory["variables"] if name.endswith(("_simulation", "_stderr"))]
    assert "trees" not in theory["parameters"]


def test_out_and_plot_write_files(phasebook, tmp_path):
    assert phasebook(*RUN, "--out", tmp_path / "r.nc", "--plot", tmp_path / "r.svg").code == 0
    with xr.open_dataset(tmp_path / "r.nc", engine="h5netcdf") as data:
        assert data.attrs["experiment"] == "root-bias"
        assert data.root_bias_simulation.attrs["units"] == "1"
    assert "<svg" in (tmp_path / "r.svg").read_text()


def test_values_may_begin_with_a_minus(phasebook):
    said = phasebook("run", "multi-agent-synergy", "root-bias", "--fidelity", "-1,0.3")
    assert (said.code, said.err) == (2, "phasebook: fidelity must be a number in [0, 1]; got '-1,0.3'\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "multi-agent-synergy"], "run needs an experiment of multi-agent-synergy: root-bias"),
        (["run", "multi-agent-synergy", "root"], "EXPERIMENT must be one of root-bias"),
        (["run", "nothing", "root-bias"], "SLUG must be one of the catalogue's 41 papers; got 'nothing'"),
        (["run", "parallel-complex-diffusion", "x"], "parallel-complex-diffusion is planned"),
        ([*RUN, "--fidelity", "1.5"], "fidelity must be a number in [0, 1]; got 1.5"),
        ([*RUN, "--fidelty", "0.5"], "unknown parameter 'fidelty'; root-bias takes fan-in, fidelity"),
        ([*RUN, "--fidelity"], "fidelity needs a value"),
        ([*RUN, "--fidelity", "0.5", "--fidelity", "0.6"], "fidelity is given twice"),
        ([*RUN, "stray"], "expected an option such as --fan-in; got 'stray'"),
        ([*RUN, "--only", "theory"], "trees belongs to the measurement, which only=theory leaves out"),
        ([*RUN, "--only", "simulation"], "only must be theory or measurement; got 'simulation'"),
        ([*RUN, "--seed", "-1"], "seed must be an integer from 0 to 4294967295; got -1"),
        ([*RUN, "--out", "r.csv"], "out must end in .nc; got 'r.csv'"),
        ([*RUN, "--out", "no/such/folder/r.nc"], "out must lie in a folder that exists"),
        ([*RUN, "--plot", "r.jpg"], "plot must end in .png, .svg, .pdf or .html; got 'r.jpg'"),
        (["verify", "--tier", "slow"], "tier must be one of core, quick, full, gpu; got 'slow'"),
        (["verify", "--workers", "-1"], "workers must be 0 or more; got -1"),
        (["verify", "--claim", "nonsense"], "claim must be one of"),
        (
            ["sweep", "multi-agent-synergy", "root-bias", "fidelity=0:1", "--store", "s.zarr"],
            "fidelity takes START:STOP:COUNT",
        ),
        (
            [
                "sweep",
                "multi-agent-synergy",
                "root-bias",
                "depth=2",
                "--only",
                "theory",
                "--seeds",
                "2",
                "--store",
                "s.zarr",
            ],
            "seeds does not apply: theory is the same at every seed",
        ),
        (["records", "import", "nothing.jsonl"], "FILE must be a file of JSON lines"),
    ],
)
def test_wrong_arguments_exit_2_with_one_sentence(phasebook, tmp_path, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    said = phasebook(*words)
    assert said.code == 2
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    assert not list(tmp_path.glob("s.zarr"))


def test_verify_prints_json_lines_and_records_them(phasebook):
    said = phasebook("verify", "mixture-misspecification", "--workers", "0", "--json")
    assert said.code == 0
    [line] = map(json.loads, said.out.splitlines())
    assert line["verdict"] == "holds"
    shown = phasebook("history", "mixture-misspecification").out
    assert line["claim"] in shown
    assert "holds" in shown
    assert "here" in phasebook("show", "mixture-misspecification").out


def test_a_report_is_one_self_contained_page(phasebook, tmp_path):
    said = phasebook("verify", "multi-agent-synergy", "--report", tmp_path / "report.html")
    assert said.code == 0
    page = (tmp_path / "report.html").read_text()
    assert "data:image/png;base64," in page
    assert "multi-agent-synergy" in page
    assert "http://" not in page
    assert "<script" not in page


def test_records_round_trip_through_a_file(phasebook, tmp_path, monkeypatch):
    record = Record("a-paper", "one", "quick", 0, "holds", "", {"measured": 1.0, "relation": None}, 1.0, 10, "abc")
    add_records([record])
    assert phasebook("records", "export", tmp_path / "r.jsonl").out == "1 records written\n"
    assert phasebook("records", "import", tmp_path / "r.jsonl").out == "0 new records\n"
    monkeypatch.setenv("PHASEBOOK_RECORDS", str(tmp_path / "other.sqlite"))
    assert phasebook("records", "import", tmp_path / "r.jsonl").out == "1 new records\n"


def test_cite_prints_bibtex(phasebook):
    said = phasebook("cite", "2605.02448")
    assert "eprint = {2605.02448}" in said.out
    assert "@software{phasebook" in said.out


def test_history_of_nothing_says_what_to_do(phasebook):
    assert "phasebook verify" in phasebook("history").out


@pytest.mark.parametrize(
    "command", ["list", "search", "show", "run", "verify", "sweep", "history", "cite", "doctor", "records"]
)
def test_every_command_has_a_page_of_help(command):
    result = CliRunner().invoke(cli.app, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_help_of_an_experiment_lists_its_parameters(phasebook):
    said = phasebook("run", "multi-agent-synergy", "root-bias", "--help")
    assert said.code == 0
    assert "--fidelity" in said.out
    assert "a number in [0, 1]" in said.out


def test_an_error_of_ours_is_one_sentence_too(phasebook, monkeypatch):
    def refuse(slug):
        raise PhasebookError("the records cannot be used")

    monkeypatch.setattr(cli.catalogue, "find", refuse)
    said = phasebook("cite", "x")
    assert (said.code, said.err) == (2, "phasebook: the records cannot be used\n")
