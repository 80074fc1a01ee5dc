"""The floors of the house, held by import-linter; and what a reviewer would grep for."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src" / "phasebook").rglob("*.py"))


def test_an_arrow_only_ever_points_down():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT / "src").as_posix())
def test_no_source_breaks_a_rule_of_the_house(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 500
    for pattern in (
        r"\b(eval|exec|sympify)\(",
        r"\bimport pickle\b",
        r"^\s*(import|from) torch",
        r"^import phasebook",
        r"config\.update\(",
    ):
        assert not re.search(pattern, text, re.MULTILINE), pattern
    assert re.match(r'(""")', text), "a module begins with what it is"
