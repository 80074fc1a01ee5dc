"""All templates of generated problems, by name, and sets of problems drawn from a seed.

The names and the idea of problems with computed truth are those of arXiv 2510.05228; every question here is worded
anew, and none of that paper's problems is among them.
"""

from __future__ import annotations

from collections.abc import Iterator

from .classical_problems import CLASSICAL_TEMPLATES
from .electron_problems import ELECTRON_TEMPLATES
from .generated_problems import ProblemInstance, ProblemTemplate, instances
from .operator_problems import OPERATOR_TEMPLATES
from .spin_lattice import check_count
from .spin_problems import SPIN_TEMPLATES
from .state_problems import STATE_TEMPLATES

TEMPLATES: dict[str, ProblemTemplate] = {
    each.name: each
    for each in (*SPIN_TEMPLATES, *STATE_TEMPLATES, *ELECTRON_TEMPLATES, *CLASSICAL_TEMPLATES, *OPERATOR_TEMPLATES)
}


def problem_template(name: str) -> ProblemTemplate:
    """The template of a name. Raises ValueError listing all names."""
    if name not in TEMPLATES:
        raise ValueError(f"name must be one of {', '.join(TEMPLATES)}; got {name!r}")
    return TEMPLATES[name]


def all_problems(each: int = 10, *, seed: int) -> Iterator[ProblemInstance]:
    """`each` admitted problems of every template, as they are solved. Raises InvalidProblemError where solvers disagree."""
    check_count("each", each, 1, 1000)
    for template in TEMPLATES.values():
        yield from instances(template, each, seed=seed)
