"""CMT-Benchmark (arXiv 2510.05228): condensed-matter theory put to language models, graded by normal-ordered operators.

The paper's 50 problems are its authors' to publish and are not part of this package; the grades that they released are.
"""

from . import (
    lattice_claims,
    lattice_experiments,
    long_lattice_claims,
    operator_claims,
    operator_experiments,
    report_claims,
    report_experiments,
    runner_claims,
)
from .subject import paper

__all__ = [
    "lattice_claims",
    "lattice_experiments",
    "long_lattice_claims",
    "operator_claims",
    "operator_experiments",
    "paper",
    "report_claims",
    "report_experiments",
    "runner_claims",
]
