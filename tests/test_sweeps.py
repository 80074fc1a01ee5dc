"""Sweeps: a kill at any instant loses at most the units in flight, and the end is the same."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from phasebook.claims import load_paper
from phasebook.sweep_grid import parse_grid
from phasebook.sweeps import StoreMismatch, Sweep, gather, run_sweep
from phasebook.unit_store import failures, finished, remove_leftovers
from phasebook.workers import Event, Outcome
from tests.dask_cluster import dask_cluster

GRID = ["fidelity=0.5:1:4", "correlation=0,0.3", "depth=2,4", "trees=200"]
WORDS = ["multi-agent-synergy", "root-bias", *GRID, "--seeds", "3"]


def sweep(store: Path, words: list[str] = GRID, seeds: int = 3, only=None) -> Sweep:
    experiment = load_paper("multi-agent-synergy").experiments["root-bias"]
    return Sweep(experiment, parse_grid(experiment, words, only), seeds, store, only)


def run_through(job: Sweep, **options) -> xr.Dataset:
    for _ in run_sweep(job, **{"workers": 0, **options}):
        pass
    return read(job.store)


def read(store: Path) -> xr.Dataset:
    with xr.open_zarr(store, chunks=None) as data:
        return data.load()


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> xr.Dataset:
    return run_through(sweep(tmp_path_factory.mktemp("whole") / "whole.zarr"))


def test_the_store_is_labelled_and_complete(whole):
    assert whole.root_bias_simulation.dims[:4] == ("fidelity", "correlation", "depth", "seed")
    assert whole.root_bias_theory.dims[:3] == ("fidelity", "correlation", "depth")
    assert (whole.unit_state_theory == 1).all()
    assert (whole.unit_state_measurement == 1).all()
    assert whole.fidelity.values.tolist() == pytest.approx([0.5, 2 / 3, 5 / 6, 1.0])
    assert whole.root_bias_theory.attrs["units"] == "1"


def test_ragged_levels_are_padded_with_nan(whole):
    shallow, deep = whole.root_bias_theory.sel(depth=2), whole.root_bias_theory.sel(depth=4)
    assert shallow.isel(level=slice(3, None)).isnull().all()
    assert deep.notnull().all()


def test_theory_runs_once_per_grid_point(tmp_path):
    roads = [unit.road for unit in sweep(tmp_path / "s.zarr").units().values()]
    assert roads.count("theory") == 16
    assert roads.count("measurement") == 48


def test_a_unit_equals_a_single_run(whole):
    experiment = load_paper("multi-agent-synergy").experiments["root-bias"]
    point = {"fidelity": 1.0, "correlation": 0.3, "depth": 4, "trees": 200}
    single = experiment.run(point, seed=2)
    cell = whole.sel(fidelity=1.0, correlation=0.3, depth=4)
    np.testing.assert_array_equal(cell.root_bias_simulation.sel(seed=2), single.root_bias_simulation)
    np.testing.assert_array_equal(cell.root_bias_theory, single.root_bias_theory)


def test_killed_at_random_moments_it_ends_the_same(tmp_path, whole):
    """Kill -9 of the whole process group, again and again, until the sweep ends by itself."""
    store = tmp_path / "killed.zarr"
    command = [sys.executable, "-m", "phasebook.cli", "sweep", *WORDS, "--store", str(store), "--workers", "2"]
    moments = random.Random(7)
    kills = 0
    for attempt in range(40):
        process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            # The first units end after the workers have started; later attempts are given longer, so that the sweep ends.
            _, errors = process.communicate(timeout=moments.uniform(0.3, 2.5) + 0.3 * attempt)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            kills += 1
            continue
        assert process.returncode == 0, errors.decode()
        break
    assert kills >= 2
    xr.testing.assert_identical(read(store), whole)
    assert not [name for name in os.listdir(store / ".units") if name.startswith(".")]


def test_what_a_killed_writer_left_is_removed_and_a_running_one_is_left_alone(tmp_path):
    """A killed writer that its parent has not noticed yet (a zombie) is as dead as one that was."""
    unnoticed = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, unnoticed.pid, os.WEXITED | os.WNOWAIT)
    noticed = subprocess.Popen([sys.executable, "-c", ""])
    noticed.wait()
    for process in (unnoticed.pid, noticed.pid, os.getpid()):
        (tmp_path / f".unit.npz.{process}").touch()
    remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f".unit.npz.{os.getpid()}"]
    unnoticed.wait()


def test_a_finished_sweep_does_no_work_again(tmp_path):
    job = sweep(tmp_path / "s.zarr", ["fidelity=0.5,0.9", "depth=2", "trees=50"], seeds=1)
    run_through(job)
    before = {path.name: path.stat().st_mtime_ns for path in job.units_folder.iterdir()}
    run_through(job)
    assert {path.name: path.stat().st_mtime_ns for path in job.units_folder.iterdir()} == before


@pytest.mark.parametrize(
    ("words", "seeds", "only", "differs"),
    [
        (["fidelity=0.5,0.8", "depth=2", "trees=50"], 1, None, "grid"),
        (["fidelity=0.5,0.9", "depth=2", "trees=60"], 1, None, "grid"),
        (["fidelity=0.5,0.9", "depth=2", "trees=50"], 2, None, "seeds"),
        (["fidelity=0.5,0.9", "depth=2"], 1, "theory", "only"),
    ],
)
def test_another_sweeps_store_is_refused(tmp_path, words, seeds, only, differs):
    run_through(sweep(tmp_path / "s.zarr", ["fidelity=0.5,0.9", "depth=2", "trees=50"], seeds=1))
    with pytest.raises(StoreMismatch, match=f"was made with another {differs}"):
        run_through(sweep(tmp_path / "s.zarr", words, seeds, only))


def test_another_version_of_the_code_is_refused(tmp_path, monkeypatch):
    run_through(sweep(tmp_path / "s.zarr", ["fidelity=0.5,0.9", "depth=2", "trees=50"], seeds=1))
    monkeypatch.setattr("phasebook.sweeps.code_version", lambda slug: "0123456789ab")
    with pytest.raises(StoreMismatch, match="was made with another code version"):
        run_through(sweep(tmp_path / "s.zarr", ["fidelity=0.5,0.9", "depth=2", "trees=50"], seeds=1))


def test_a_folder_with_other_things_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StoreMismatch, match="holds something else than a sweep"):
        run_through(sweep(tmp_path))


def test_a_lost_worker_costs_its_unit_and_retry_runs_it_again(tmp_path, monkeypatch):
    job = sweep(tmp_path / "s.zarr", ["fidelity=0.5,0.9", "depth=2", "trees=50"], seeds=2)
    lost = list(job.units())[-1]

    def lose_one(tasks, **options):
        for task in tasks:
            if task.key == lost:
                yield Event(task.key, Outcome(task.key, failure="crashed", message="its worker was lost"))
            else:
                task.function(*task.arguments)
                yield Event(task.key, Outcome(task.key))

    monkeypatch.setattr("phasebook.sweeps.run_tasks", lose_one)
    data = run_through(job)
    monkeypatch.undo()
    assert (data.unit_state_measurement == 2).sum() == 1
    assert data.root_bias_simulation.isnull().all("level").sum() == 1
    assert failures(job.units_folder)[lost]["message"] == "its worker was lost"
    again = run_through(job)
    assert (again.unit_state_measurement == 2).sum() == 1
    healed = run_through(job, retry_failed=True)
    assert (healed.unit_state_measurement == 1).all()
    assert not failures(job.units_folder)
    xr.testing.assert_identical(
        healed, run_through(sweep(tmp_path / "t.zarr", ["fidelity=0.5,0.9", "depth=2", "trees=50"], seeds=2))
    )


def test_an_unfinished_store_can_be_gathered(tmp_path):
    job = sweep(tmp_path / "s.zarr", ["fidelity=0.5,0.9", "depth=2", "trees=50"], seeds=2)
    steps = run_sweep(job, workers=0)
    for _ in range(4):
        next(steps)
    steps.close()
    data = gather(job)
    assert len(finished(job.units_folder)) == 3
    assert int((data.unit_state_measurement == 1).sum() + (data.unit_state_theory == 1).sum()) == 3


def test_on_dask_the_same_units_give_the_same_store(tmp_path, whole):
    with dask_cluster(tmp_path) as cluster:
        data = run_through(sweep(tmp_path / "dask.zarr"), scheduler=cluster.address)
    xr.testing.assert_identical(data, whole)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("fidelity", "a sweep takes NAME=START:STOP:COUNT"),
        ("fidelity=", "a sweep takes NAME=START:STOP:COUNT"),
        ("fidelity=0:1", "fidelity takes START:STOP:COUNT or log:START:STOP:COUNT; got '0:1'"),
        ("fidelity=0:1:0", "with a count from 1 to"),
        ("fidelity=log:0:1:5", "a logarithmic axis needs positive ends; got 'log:0:1:5'"),
        ("fidelity=0:2:5", r"fidelity must be a number in \[0, 1\]; got 1.5"),
        ("fidelty=0.5", "unknown parameter 'fidelty'"),
        ("depth=a:b:3", "depth takes START:STOP:COUNT"),
    ],
)
def test_a_wrong_axis_is_one_sentence(tmp_path, word, message):
    with pytest.raises(ValueError, match=message):
        sweep(tmp_path, [word])


def test_axes_linear_logarithmic_listed_and_fixed(tmp_path):
    grid = sweep(
        tmp_path, ["fidelity=0:1:5", "leaf_bias=log:0.001:0.1:3", "depth=1:3:9", "fan-in=3,5,3", "trees=50"]
    ).grid
    assert grid.axes["fidelity"] == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert grid.axes["leaf_bias"] == pytest.approx((0.001, 0.01, 0.1))
    assert grid.axes["depth"] == (1, 2, 3)
    assert grid.axes["fan_in"] == (3, 5)
    assert grid.fixed["trees"] == 50
    assert grid.shape == (5, 3, 3, 2)
