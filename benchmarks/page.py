"""The page on loopback: its first page and its search with a thousand imported papers, and fifty readers while a job computes."""

import concurrent.futures
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.timing import Row

PAPERS, READERS, REQUESTS = 1000, 50, 8
REPEATS = 40
WORDS = ["network", "glass", "chaos", "field", "mean", "equation", "learning", "neural"]
WORDS += ["diffusion", "random", "kinetics", "noise", "theory", "entropy", "lattice"]
STARTED = 60.0


def measure() -> list[Row]:
    """Seconds of each kind of answer; the peer is the server's smallest answer, a file of a few hundred bytes."""
    with tempfile.TemporaryDirectory() as folder:
        server, address, started = _start(Path(folder))
        try:
            bare = _timed([f"{address}/static/icon.svg"] * REPEATS)
            feed = _timed([f"{address}/"] * REPEATS)
            search = _timed([f"{address}/search?q={a}+{b}" for a in WORDS[:8] for b in WORDS[8:13]])
            _post(f"{address}/api/v1/jobs", {"kind": "claim", "paper": "multi-agent-synergy", "claim": "phase-diagram"})
            time.sleep(3.0)
            crowd = _crowd(address)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=60)
    own = "a small file from the same server"
    return [
        _row("start of phasebook serve", own, [started], bare, "within 3 s", "imports of FastAPI and the catalogue"),
        _row(f"first page with {PAPERS:,} imported papers", own, feed, bare, "under 50 ms", "the template: 50 papers"),
        _row(f"search among {PAPERS + 41:,} papers", own, search, bare, "under 20 ms", "full-text index in memory"),
        _row(
            f"median first page of {READERS} readers at once while a job computes on both cores",
            own,
            [statistics.median(crowd)],
            bare,
            "median at most 100 ms",
            f"{READERS} requests on two busy cores: {READERS} times a page alone is {READERS * min(feed) * 1e3:.0f} ms",
        ),
    ]


def _start(folder: Path) -> tuple[subprocess.Popen, str, float]:
    random.seed(0)
    os.environ["PHASEBOOK_DATA"] = str(folder)
    os.environ["PHASEBOOK_RECORDS"] = str(folder / "records.sqlite")
    from phasebook.reading_list import ListedPaper, add_papers, slug_of

    papers = []
    for number in range(PAPERS):
        title = f"{' '.join(random.choices(WORDS, k=8))} {number}"
        summary = " ".join(random.choices(WORDS, k=150))
        papers.append(ListedPaper(slug_of(f"{number} {title}"), title, f"2401.{number:05d}", 2024, None, 3, summary))
    add_papers(papers)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    begin = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "phasebook.cli", "serve", "--port", str(port)], stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    while time.perf_counter() - begin < STARTED:
        try:
            _get(f"{address}/static/icon.svg")
            break
        except OSError:
            time.sleep(0.02)
    started = time.perf_counter() - begin
    for path in ("/", "/search?q=warm"):
        _get(address + path)
    return server, address, started


def _crowd(address: str) -> list[float]:
    """Each reader asks for the first page again and again, with a short pause, as people do who turn pages."""

    def reads(_: int) -> list[float]:
        seconds = []
        for _ in range(REQUESTS):
            time.sleep(random.uniform(0.5, 2.0))
            seconds += _timed([f"{address}/"])
        return seconds

    with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
        return [seconds for each in pool.map(reads, range(READERS)) for seconds in each]


def _timed(addresses: list[str]) -> list[float]:
    seconds = []
    for address in addresses:
        begin = time.perf_counter()
        _get(address)
        seconds.append(time.perf_counter() - begin)
    return seconds


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read()


def _post(address: str, content: dict) -> None:
    request = urllib.request.Request(address, json.dumps(content).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60):
        pass


def _row(what: str, peer: str, mine: list[float], theirs: list[float], aim: str, limit: str) -> Row:
    ours, alone = statistics.median(mine), statistics.median(theirs)
    spread = sorted(mine)
    ends = alone / spread[-1], alone / spread[0]
    return Row(what, peer, ours, alone, alone / ours, ends, aim, limit)
