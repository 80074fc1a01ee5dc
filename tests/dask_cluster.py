"""A Dask scheduler and its workers, each a process of its own, on loopback."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Cluster:
    """A running cluster: its scheduler's address, and the processes that can be killed."""

    address: str
    scheduler: subprocess.Popen
    workers: list[subprocess.Popen] = field(default_factory=list)


def kill(process: subprocess.Popen) -> None:
    """End a process and what it started, as a power cut would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def dask_cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """Start a cluster, and kill everything at the end."""
    file = folder / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment, "start_new_session": True}
    scheduler = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
    ]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard"]
    head = subprocess.Popen([*scheduler, "--scheduler-file", str(file)], **quiet)
    processes = []
    try:
        address = _address(file)
        processes = [subprocess.Popen([*worker, address], **quiet) for _ in range(workers)]
        yield Cluster(address, head, processes)
    finally:
        for process in (head, *processes):
            kill(process)


def _address(file: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if file.exists():
            try:
                return json.loads(file.read_text())["address"]
            except (json.JSONDecodeError, KeyError):  # half written
                pass
        time.sleep(0.1)
    raise AssertionError("the Dask scheduler did not start")
