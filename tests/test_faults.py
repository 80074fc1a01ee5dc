"""The long job under faults that are really injected: nothing measured is lost, nothing is kept twice, the exit code is true."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xarray as xr

from phasebook.claims import LIMITS, Limits
from phasebook.records import history
from phasebook.verify import select_claims, verify
from tests import tasks
from tests.dask_cluster import dask_cluster, kill

ROOT = Path(__file__).resolve().parents[1]
PAPERS = ("mixture-misspecification", "mode-interpolation")
SWEEP = ["multi-agent-synergy", "root-bias", "fidelity=0.5:1:4", "correlation=0,0.3", "trees=200", "--seeds", "2"]


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "phasebook.cli", *words]


def start(records: Path, *words: str) -> subprocess.Popen:
    environment = {**os.environ, "PHASEBOOK_RECORDS": str(records), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command(*words),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )


def kept(records: Path) -> list[tuple[str, str]]:
    return sorted((record.paper, record.claim) for record in history(path=records))


def test_claims_that_misbehave_cost_their_own_verdict_alone(monkeypatch, capfd):
    """One each raises, exits, segfaults, hangs deaf to SIGTERM, leaks, forks, prints megabytes, gives NaN; ten more are good."""
    monkeypatch.setattr("phasebook.verify.measure_claim", tasks.misbehave)
    monkeypatch.setitem(LIMITS, "quick", Limits(15, 1024**3))
    claims = select_claims(["mixture-misspecification", "grid-edge-games"], tier="quick")
    found = {step.result.claim.name: step.result for step in verify(claims, workers=2) if step.result is not None}
    assert set(found) == {claim.name for claim in claims}
    messages = {name: found[name].message for name, _ in tasks.MISBEHAVIOUR.items()}
    assert messages["correct-specification"] == "ArithmeticError: on purpose"
    assert "exit code 9" in messages["under-smoothing"]
    assert "SIGSEGV" in messages["low-snr-constant"]
    assert messages["collapse-threshold"] == "stopped after 15 s"
    assert messages["hard-assignment"] == "stopped at 1.0 GB of memory"
    assert messages["label-accuracy"].startswith("EvidenceError")
    errors = {name for name, result in found.items() if result.verdict == "error"}
    assert errors == set(tasks.MISBEHAVIOUR) - {"samples-follow-population", "first-order-collapse"}
    assert {record.claim for record in history()} == set(found)
    assert len(history()) == len(found)
    assert capfd.readouterr().out == "", "what a claim prints must not land among the results"


def test_a_killed_verification_has_recorded_what_it_printed(tmp_path):
    records = tmp_path / "records.sqlite"
    process = start(records, "verify", *PAPERS, "--tier", "quick", "--json", "--workers", "2")
    printed = [json.loads(process.stdout.readline()) for _ in range(3)]
    os.kill(process.pid, signal.SIGKILL)
    rest, _ = process.communicate(timeout=60)
    printed += [json.loads(line) for line in rest.splitlines() if line.endswith("}")]
    names = {(line["paper"], line["claim"]) for line in printed}
    assert names <= set(kept(records))
    assert len(kept(records)) == len(set(kept(records))) <= len(names) + 1


@pytest.mark.parametrize("delay", [0.15, 0.6, 1.2, 2.5, 4.0])
def test_ctrl_c_at_any_time_ends_in_one_sentence(tmp_path, delay):
    """The terminal sends Ctrl-C to the whole group. Before Python has read the program there is nobody to say the sentence."""
    records = tmp_path / "records.sqlite"
    process = start(records, "verify", *PAPERS, "--tier", "quick", "--json", "--workers", "2")
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGINT)
    printed, errors = process.communicate(timeout=60)
    if process.returncode == 0:
        assert len(printed.splitlines()) == len(select_claims(PAPERS, tier="quick"))
        return
    assert process.returncode in (130, -signal.SIGINT)
    if process.returncode == 130:
        assert errors.splitlines()[-1].startswith("phasebook: stopped by Ctrl-C")
        assert "Traceback" not in errors
    names = sorted((line["paper"], line["claim"]) for line in map(json.loads, printed.splitlines()))
    assert set(names) <= set(kept(records))


def test_two_verifications_at_once_keep_every_verdict_of_both(tmp_path):
    records = tmp_path / "records.sqlite"
    both = [start(records, "verify", "--json", "--seed", str(seed), "--workers", "1", *PAPERS) for seed in (1, 2)]
    printed = [process.communicate(timeout=120)[0].splitlines() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert kept(records) == sorted(2 * [(line["paper"], line["claim"]) for line in map(json.loads, printed[0])])
    assert {record.seed for record in history(path=records)} == {1, 2}


def _can_mount() -> bool:
    probe = "mount -t tmpfs -o size=64k tmpfs /mnt"
    return shutil.which("unshare") is not None and (
        subprocess.run(["unshare", "-rm", "bash", "-c", probe], capture_output=True).returncode == 0
    )


needs_mount = pytest.mark.skipif(not _can_mount(), reason="mounting a small disk needs Linux with user namespaces")


def on_a_disk(folder: Path, size: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script where `folder` is a disk of this size, in a namespace of its own: it is gone with the script."""
    folder.mkdir()
    words = ["unshare", "-rm", "bash", "-c", f"mount -t tmpfs -o size={size} tmpfs {folder} && cd {ROOT} && {script}"]
    return subprocess.run(words, capture_output=True, text=True, timeout=300)


@needs_mount
def test_a_sweep_on_a_full_disk_stops_and_resumes_with_more_room(tmp_path):
    disk, copy, whole = tmp_path / "disk", tmp_path / "copy", tmp_path / "whole.zarr"
    sweep = " ".join(command("sweep", *SWEEP, "--workers", "2"))
    script = (
        f"{sweep} --store {disk}/s.zarr; echo first=$?; ls {disk}/s.zarr/.units/*.npz | wc -l; "
        f"mount -o remount,size=50m {disk}; {sweep} --retry-failed --store {disk}/s.zarr; echo second=$?; "
        f"cp -r {disk}/s.zarr {copy}"
    )
    done = on_a_disk(disk, "64k", script)
    assert "first=2" in done.stdout, done
    assert "No space left on device" in done.stderr
    assert "the same command resumes" in done.stderr
    assert "Traceback" not in done.stderr
    assert int(done.stdout.splitlines()[1]) > 0
    assert "second=0" in done.stdout
    subprocess.run(command("sweep", *SWEEP, "--workers", "2", "--store", str(whole)), check=True, capture_output=True)
    with xr.open_zarr(copy, chunks=None) as resumed, xr.open_zarr(whole, chunks=None) as expected:
        xr.testing.assert_identical(resumed.load(), expected.load())


@needs_mount
def test_a_store_that_is_read_only_is_named_before_work_starts(tmp_path):
    disk = tmp_path / "disk"
    sweep = " ".join(command("sweep", *SWEEP, "--store", f"{disk}/s.zarr"))
    verify_words = " ".join(command("verify", PAPERS[0]))
    script = (
        f"mount -o remount,ro {disk}; {sweep}; echo sweep=$?; "
        f"PHASEBOOK_RECORDS={disk}/records.sqlite {verify_words}; echo verify=$?"
    )
    done = on_a_disk(disk, "1m", script)
    assert done.stdout.split() == ["sweep=2", "verify=2"]
    assert "Read-only file system" in done.stderr
    assert "the records in records.sqlite cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


@needs_mount
def test_verdicts_that_a_full_disk_refused_are_printed_all_the_same(tmp_path):
    """The disk has room for an empty file of records, and is filled when the claims are being measured."""
    disk = tmp_path / "disk"
    words = " ".join(command("verify", PAPERS[0], "--json", "--workers", "1", "--tier", "quick"))
    script = (
        f"export PHASEBOOK_RECORDS={disk}/records.sqlite; {words} | "
        f'while read line; do echo "$line"; head -c 10m /dev/zero > {disk}/filler; done; echo exit=${{PIPESTATUS[0]}}'
    )
    done = on_a_disk(disk, "1m", script)
    lines = done.stdout.splitlines()
    assert lines[-1] == "exit=2", done
    claims = {claim.name for claim in select_claims([PAPERS[0]], tier="quick")}
    assert {json.loads(line)["claim"] for line in lines[:-1]} == claims
    assert "could not be recorded" in done.stderr
    assert "disk" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_cluster_that_loses_a_worker_measures_the_rest(tmp_path):
    claims = select_claims(PAPERS, tier="quick")
    found: dict[str, str] = {}
    with dask_cluster(tmp_path) as cluster:
        for step in verify(claims, scheduler=cluster.address):
            if step.result is None:
                continue
            found[step.result.claim.name] = step.result.message
            if len(found) == 2:
                kill(cluster.workers[0])
    assert set(found) == {claim.name for claim in claims}
    lost = [message for message in found.values() if message]
    assert len(lost) <= 1
    assert all("its worker was lost" in message for message in lost)
    assert len(history()) == len(claims)


def test_a_cluster_that_loses_its_scheduler_says_so_and_keeps_what_was_measured(tmp_path):
    records = tmp_path / "records.sqlite"
    with dask_cluster(tmp_path) as cluster:
        process = start(records, "verify", *PAPERS, "--tier", "quick", "--json", "--scheduler", cluster.address)
        printed = [json.loads(process.stdout.readline()) for _ in range(2)]
        kill(cluster.scheduler)
        rest, errors = process.communicate(timeout=120)
    assert process.returncode == 2
    assert errors.splitlines()[-1].startswith(f"phasebook: the Dask scheduler at {cluster.address} does not answer")
    assert "Traceback" not in errors
    printed += map(json.loads, rest.splitlines())
    assert {(line["paper"], line["claim"]) for line in printed} == set(kept(records))
