"""Peers in processes of their own: in this interpreter, or in the one that `PHASEBOOK_PEERS` names, where they are installed.

A peer's script reads a job as one line of JSON, answers {"ready": seconds of preparation} or {"absent": reason}, and then runs once
for each line that it is sent, answering with its seconds.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Peer:
    """A peer that is ready; `ready` is what its answer said of its preparation, in seconds where it tells them."""

    process: subprocess.Popen
    ready: float

    def ask(self) -> dict:
        """Let it run once."""
        return _answer(self.process, "run")

    def stop(self) -> None:
        """End it."""
        self.process.stdin.close()
        self.process.wait()


def start_peer(script: Path, job: dict) -> tuple[Peer | None, str]:
    """The peer in the first interpreter that has it, or None and the reason why there is none."""
    reason = "not installed"
    for interpreter in filter(None, (sys.executable, os.environ.get("PHASEBOOK_PEERS"))):
        process = subprocess.Popen(
            [interpreter, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        answer = _answer(process, json.dumps(job))
        peer = Peer(process, answer.get("ready", 0.0))
        if "ready" in answer:
            return peer, ""
        reason = answer.get("absent", reason)
        peer.stop()
    return None, reason


def in_turns(ours: Callable[[], object], peer: Peer, pairs: int = 5) -> tuple[list[float], list[float], list[Any]]:
    """Seconds of both in turns, after one warm-up each, and the peer's values; then the peer is ended."""
    ours(), peer.ask()
    mine, theirs, values = [], [], []
    for _ in range(pairs):
        begin = time.perf_counter()
        ours()
        mine.append(time.perf_counter() - begin)
        answer = peer.ask()
        theirs.append(answer["seconds"])
        values.append(answer["value"])
    peer.stop()
    return mine, theirs, values


def _answer(process: subprocess.Popen, line: str) -> dict:
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline() or "{}")
