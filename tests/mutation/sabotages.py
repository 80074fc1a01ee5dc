"""The list of sabotages, and one of them carried out in a copy of the package."""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 900


@dataclass(frozen=True)
class Sabotage:
    """One change of one line of one file, what it spoils, and the tests that may notice it beside the paper's quick claims."""

    paper: str
    what: str
    file: str
    find: str
    replace: str
    tests: tuple[str, ...]

    @property
    def path(self) -> Path:
        """The file that is changed."""
        return ROOT / "src" / "phasebook" / self.file


@dataclass(frozen=True)
class Outcome:
    """What noticed a sabotage: `claims`, `tests`, or nothing; and the last lines that were printed."""

    noticed_by: str
    output: str


def sabotages() -> list[Sabotage]:
    """All sabotages, by paper, from sabotages.toml."""
    table = tomllib.loads((Path(__file__).parent / "sabotages.toml").read_text())
    return [
        Sabotage(paper, each["what"], each["file"], each["find"], each["replace"], tuple(entry["tests"]))
        for paper, entry in table.items()
        for each in entry["sabotage"]
    ]


def carry_out(sabotage: Sabotage, workers: int = 2) -> Outcome:
    """Change a copy of the package, and run the paper's quick claims and then its tests on it."""
    with tempfile.TemporaryDirectory(prefix="sabotage-") as folder:
        package = Path(folder) / "src" / "phasebook"
        shutil.copytree(ROOT / "src" / "phasebook", package, ignore=shutil.ignore_patterns("__pycache__"))
        spoiled = package / sabotage.file
        spoiled.write_text(spoiled.read_text().replace(sabotage.find, sabotage.replace, 1))
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(folder) / "src"),
            "NUMBA_CACHE_DIR": str(Path(folder) / "numba"),
            "PHASEBOOK_RECORDS": str(Path(folder) / "records.sqlite"),
        }
        verify = ["-m", "phasebook.cli", "verify", sabotage.paper, "--tier", "quick", "--workers", str(workers)]
        code, output = _run(verify, environment)
        if code:
            return Outcome("claims", output)
        code, tested = _run(["-m", "pytest", "-q", "-x", "-n0", *sabotage.tests], environment)
        return Outcome("tests" if code else "", tested if code else output + tested)


def _run(words: list[str], environment: dict[str, str]) -> tuple[int, str]:
    try:
        done = subprocess.run(
            [sys.executable, *words], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return 1, "it took too long"
    return done.returncode, "\n".join((done.stdout + done.stderr).splitlines()[-12:])
