"""Experiments: the normal form of any formula with operators, and the comparison of two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from ... import quantum
from ...claims import Help, Range, Text
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

FORMULA = r"[\x20-\x7e\x80-\uffff]{0,4096}"
Algebra = Annotated[
    Literal["boson", "fermion", "spin", "pauli", "majorana", "none"],
    Help("whose operators stand in the formula: b, a; c, d, f, ψ; S, σ; σ, X, Y, Z; γ; none"),
]
Spin = Annotated[float | None, Range(0.5, 16.0, "length of the spins, for the algebra spin; without it any length")]
LETTERS = {
    "letters": "b, a are bosons (n = b†b), c, d, f, ψ fermions (n = c†c), S spins, σ, X, Y, Z Pauli matrices, γ Majoranas",
    "indices": "i to v and small Greek letters stand for any place, and every pattern of equal ones is compared",
    "species": "two fermions anticommute, all other species commute; without a spin only the commutation relations are used",
}


@paper.experiment(show=("coefficient",), logarithmic=("coefficient",), conventions=LETTERS)
def normal_order(
    expression: Annotated[str, Text(FORMULA, "a formula in LaTeX or plain text", 4096)] = r"(b^\dagger b)^{10}",
    algebra: Algebra = "boson",
    spin: Spin = None,
) -> xr.Dataset:
    """The canonical form of a formula with operators: creators first, S^+ S^z S^-, or Pauli strings; exact coefficients.

    Variables: normal_form_theory (LaTeX), monomials_theory, case_theory, and coefficient_theory (term) with monomial_theory
    (term): sizes where all indices differ, with symbols at a point of their domain. Source: Wick's theorem and Kostant's formula
    in closed form (`quantum.algebra`).
    """
    return quantum.normal_form_theory(expression, algebra, spin)


@paper.experiment(show=("coefficient",), conventions=LETTERS)
def compare(
    first: Annotated[
        str, Text(FORMULA, "the first formula", 4096)
    ] = r"[\mathbf{S}_1\cdot\mathbf{S}_2, \mathbf{S}_2\cdot\mathbf{S}_3]",
    second: Annotated[
        str, Text(FORMULA, "the second formula, or the solution", 4096)
    ] = r"i \mathbf{S}_1\cdot(\mathbf{S}_2\times\mathbf{S}_3)",
    algebra: Algebra = "spin",
    spin: Spin = None,
) -> xr.Dataset:
    """Are two formulas equal? The outcome, the monomial and the point at which they differ, and both canonical forms.

    Variables: outcome_theory (correct, wrong, unparsed, ungraded), witness_theory, reason_theory, column_theory, both forms, and
    coefficient_theory (formula, term). Source: arXiv 2510.05228 for the idea; `quantum.answer_equality`.
    """
    return quantum.comparison_theory(first, second, algebra, spin)
