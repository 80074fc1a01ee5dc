"""What a user waits for before anything is computed: the start of the command, beside Python's own start."""

import subprocess
import sys
from pathlib import Path

from benchmarks.timing import Row, _geometric_mean, interleaved

COMMANDS = (["list"], ["search", "momnt", "closure"], ["show", "mixture-misspecification"])


def measure() -> list[Row]:
    """Each fast command against an empty Python program; the aim is a time, 0.6 s."""
    script = str(Path(sys.executable).parent / "phasebook")
    rows = [_row("import phasebook", [sys.executable, "-c", "import phasebook"], "under 0.1 s more than Python itself")]
    for words in COMMANDS:
        rows.append(_row(f"phasebook {' '.join(words)}", [script, *words], "under 0.6 s"))
    return rows


def _row(what: str, command: list[str], aim: str) -> Row:
    def run(words: list[str]) -> None:
        subprocess.run(words, check=True, capture_output=True)

    mine, theirs = interleaved(lambda: run(command), lambda: run([sys.executable, "-c", ""]))
    ratio = _geometric_mean(theirs) / _geometric_mean(mine)
    ends = sorted(a / b for a, b in zip(theirs, mine, strict=True))
    return Row(
        what,
        "python -c ''",
        _geometric_mean(mine),
        _geometric_mean(theirs),
        ratio,
        (ends[0], ends[-1]),
        aim,
        "Python's own start",
    )
