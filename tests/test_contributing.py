"""The paper on one page in CONTRIBUTING.md: copied into a copy of the package it runs, holds, and turns red when broken."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"```(?:python|toml)\n# (\S+)( \(appended\))?\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The package with the paper of CONTRIBUTING.md in it."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    blocks = BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert len(blocks) == 4
    for name, appended, text in blocks:
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(path.read_text(encoding="utf-8") + text if appended else text, encoding="utf-8")
    return root


def phasebook(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "PHASEBOOK_RECORDS": str(root / "records.sqlite")}
    command = [sys.executable, "-m", "phasebook.cli", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_it_is_shown_and_run(copy):
    shown = phasebook(copy, "show", "persistent-walk")
    assert "A walk that likes to go on" in shown.stdout
    assert "Where it stops being true" in shown.stdout
    done = phasebook(copy, "run", "persistent-walk", "spread", "--persistence", "0.5", "--json")
    assert json.loads(done.stdout)["variables"]["spread_theory"]["values"] == pytest.approx(50.0)
    wrong = phasebook(copy, "run", "persistent-walk", "spread", "--persistence", "1")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("phasebook: persistence must be")


def test_it_holds_and_turns_red_when_a_term_is_dropped(copy):
    assert phasebook(copy, "verify", "persistent-walk").returncode == 0
    module = copy / "src" / "phasebook" / "populations" / "persistent_walk.py"
    whole = module.read_text(encoding="utf-8")
    module.write_text(whole.replace(" - 2.0 * a * (1.0 - a**steps) / (1.0 - a) ** 2", ""), encoding="utf-8")
    assert phasebook(copy, "verify", "persistent-walk").returncode == 1
    module.write_text(whole, encoding="utf-8")
