"""Tests never touch the user's records or caches, and see the same number of threads everywhere."""

import os
import signal
import tempfile

import pytest
from hypothesis import settings

# Before anything imports JAX or numba: the same environment that worker processes get.
os.environ.setdefault("PHASEBOOK_CACHE", os.path.join(tempfile.gettempdir(), "phasebook-test-cache"))
os.environ.setdefault("JAX_PLATFORMS", "cpu")

from phasebook import runtime

runtime.prepare_process(threads=1)

# A shell that starts the tests in the background has Ctrl-C ignored, here and in all that the tests start; they send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Timing never decides a test, and the same commit gives the same answer: no deadline, fixed examples.
settings.register_profile("phasebook", deadline=None, derandomize=True)
settings.load_profile("phasebook")


@pytest.fixture(autouse=True)
def _own_records(tmp_path, monkeypatch):
    monkeypatch.setenv("PHASEBOOK_RECORDS", str(tmp_path / "records.sqlite"))
    monkeypatch.setenv("PHASEBOOK_DATA", str(tmp_path / "data"))


class Said:
    """What a command said, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def phasebook(capsys, monkeypatch):
    """Call the command in this process, as its console script does."""
    from phasebook import cli

    def call(*words: object) -> Said:
        monkeypatch.setattr("sys.argv", ["phasebook", *map(str, words)])
        monkeypatch.setattr(cli.runtime, "prepare_process", lambda threads: None)
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return call
