"""Sets of generated problems as files, to be asked and graded; another seed gives problems that nobody has seen.

The version of each problem names the seed, so that replies to one set are never taken for replies to another.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .generated_problems import VERSION
from .problem_templates import TEMPLATES, all_problems


def own_problems(
    each: int = 2, *, seed: int, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[dict[str, Any]]:
    """Records of `each` admitted problems of every template, for a seed; 2 of each take some five seconds.

    `progress` is told how many of how many are solved. Raises ValueError unless 1 <= each <= 1000, `InvalidProblemError` where two
    solvers disagree.
    """
    records = []
    for instance in all_problems(each, seed=seed):
        records.append({**instance.record(), "version": f"{VERSION}-seed-{seed}"})
        progress(len(records), each * len(TEMPLATES))
    return records


def problem_lines(records: list[dict[str, Any]]) -> str:
    """Records as JSON lines, which `read_problems` reads."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
