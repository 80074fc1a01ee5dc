"""Problem templates whose answers are operators or coefficients of operators, worked out by algebra and checked with
matrices."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .algebra import Element, commutator, text
from .boson_algebra import BosonMonomial, Bosons
from .fermion_algebra import Fermions
from .gaussian_rationals import IMAGINARY_UNIT
from .generated_problems import Answer, Parameters, ProblemTemplate, factor_text
from .kronecker_products import kronecker_fermions, spin_matrices
from .pauli_algebra import Paulis
from .representation import matrix
from .spin_algebra import Spins

ALGEBRA = "operator algebra in normal order"
MATRICES = "Kronecker products of matrices"
PAIR_SAMPLES = ((1, 0), (3, 1), (5, 2), (2, 7))
QUANTA = 8  # states of a bosonic mode that are compared


def _pair_text(p: Parameters) -> str:
    return rf"{factor_text(p['repulsion'])} U-{2 * p['potential']} \mu".strip()


def _pair_commutator(p: Parameters) -> Answer:
    """The number λ in [H, η⁺] = λ η⁺, from the algebra, at whole values of U and μ."""
    sites, fermions = p["sites"], Fermions()
    up, down = range(sites), range(sites, 2 * sites)
    pairs = sum(
        (
            fermions.create(a) * fermions.create(b) * (-1) ** site
            for site, (a, b) in enumerate(zip(up, down, strict=True))
        ),
        start=fermions.number(0) * 0,
    )
    values = []
    for repulsion, potential in PAIR_SAMPLES:
        hamiltonian = fermions.number(0) * 0
        for first in range(sites):
            for offset in (0, sites):
                one, other = first + offset, (first + 1) % sites + offset
                hop = fermions.create(one) * fermions.destroy(other) + fermions.create(other) * fermions.destroy(one)
                hamiltonian = hamiltonian - hop * p["hopping"]
        for a, b in zip(up, down, strict=True):
            hamiltonian = hamiltonian + fermions.number(a) * fermions.number(b) * (repulsion * p["repulsion"])
            hamiltonian = hamiltonian - (fermions.number(a) + fermions.number(b)) * (potential * p["potential"])
        found = commutator(hamiltonian, pairs)
        factor = found.terms.get((1 | 1 << sites, 0), 0)
        remainder = found - pairs * Fraction(int(factor), int(pairs.terms[(1 | 1 << sites, 0)]))
        if remainder.terms:
            raise ArithmeticError(f"[H, η⁺] must be a multiple of η⁺; {len(remainder.terms)} monomials are left over")
        values.append(complex(factor * int(pairs.terms[(1 | 1 << sites, 0)])))
    return Answer(ALGEBRA, tuple(values), text=_pair_text(p))


def _pair_matrices(p: Parameters, seed: int) -> Answer:
    """The same number from matrices on three sites of a chain: the ring's length does not matter for it."""
    sites = 3
    annihilators = kronecker_fermions(2 * sites)
    up, down = annihilators[:sites], annihilators[sites:]
    pairs = sum((-1) ** site * (up[site].T @ down[site].T) for site in range(sites))
    values = []
    for repulsion, potential in PAIR_SAMPLES:
        total = 0 * annihilators[0]
        for site in range(sites - 1):
            for kind in (up, down):
                hop = kind[site].T @ kind[site + 1]
                total = total - p["hopping"] * (hop + hop.T)
        for a, b in zip(up, down, strict=True):
            total = total + repulsion * p["repulsion"] * (a.T @ a @ b.T @ b)
            total = total - potential * p["potential"] * (a.T @ a + b.T @ b)
        found = total @ pairs - pairs @ total
        values.append(complex((found.multiply(pairs)).sum() / pairs.multiply(pairs).sum()))
    return Answer(MATRICES, tuple(values))


ETA_PAIRING = ProblemTemplate(
    "eta-pair",
    "Other",
    "commutator of the Hubbard Hamiltonian with the eta pairing operator",
    lambda generator: {
        "sites": int(generator.choice((4, 6))),
        "hopping": int(generator.integers(1, 4)),
        "repulsion": int(generator.integers(1, 5)),
        "potential": int(generator.integers(1, 5)),
    },
    lambda p: (
        rf"On a ring of {p['sites']} sites, $H=-{factor_text(p['hopping'])}\sum_{{i\sigma}}(c^\dagger_{{i\sigma}}"
        rf"c_{{i+1\sigma}}+\mathrm{{h.c.}})+{factor_text(p['repulsion'])}U\sum_in_{{i\uparrow}}n_{{i\downarrow}}"
        rf"-{factor_text(p['potential'])}\mu\sum_{{i\sigma}}n_{{i\sigma}}$ and $\eta^+=\sum_i(-1)^ic^\dagger_{{i\uparrow}}"
        r"c^\dagger_{i\downarrow}$. Then $[H,\eta^+]=\lambda\eta^+$. What is $\lambda$ in terms of $U$ and $\mu$?"
    ),
    _pair_commutator,
    _pair_matrices,
    kind="symbolic",
    symbols=r"$U$;$\mu$",
)


def _draw_word(generator: np.random.Generator) -> dict[str, Any]:
    kind = str(generator.choice(("number", "antinormal", "field")))
    if kind == "antinormal":
        return {"kind": kind, "first": int(generator.integers(1, 5)), "second": int(generator.integers(1, 5))}
    return {"kind": kind, "first": int(generator.integers(2, 6)), "second": 0}


def _boson_word(p: Parameters) -> Answer:
    bosons = Bosons()
    create, destroy = bosons.create(0), bosons.destroy(0)
    if p["kind"] == "number":
        element = (create * destroy) ** p["first"]
    elif p["kind"] == "antinormal":
        element = destroy ** p["first"] * create ** p["second"]
    else:
        element = (create + destroy) ** p["first"]
    return Answer(ALGEBRA, _normal_elements(element), text=text(element, lambda mode: "b"))


def _normal_elements(element: Element) -> tuple[complex, ...]:
    """⟨m| b†^p b^q |k⟩ = √(m! k!)/(k − q)! where m = k − q + p, added up over a normally ordered element."""
    table = np.zeros((QUANTA, QUANTA))
    for monomial, coefficient in element.terms.items():
        powers: BosonMonomial = monomial
        p, q = powers[0][1:] if powers else (0, 0)
        for ket in range(q, QUANTA):
            bra = ket - q + p
            if bra < QUANTA:
                weight = math.sqrt(math.factorial(bra) * math.factorial(ket)) / math.factorial(ket - q)
                table[bra, ket] += float(coefficient) * weight
    return tuple(complex(value) for value in table.ravel())


def _boson_matrices(p: Parameters, seed: int) -> Answer:
    # Five factors of each kind at most lead up to ten quanta away: the cut lies beyond their reach.
    size = QUANTA + 12
    lower = np.diag(np.sqrt(np.arange(1.0, size)), 1)
    if p["kind"] == "number":
        word = np.linalg.matrix_power(lower.T @ lower, p["first"])
    elif p["kind"] == "antinormal":
        word = np.linalg.matrix_power(lower, p["first"]) @ np.linalg.matrix_power(lower.T, p["second"])
    else:
        word = np.linalg.matrix_power(lower + lower.T, p["first"])
    return Answer(
        "matrices of a mode with few quanta", tuple(complex(value) for value in word[:QUANTA, :QUANTA].ravel())
    )


def _word_question(p: Parameters) -> str:
    first, second = p["first"], p["second"]
    word = {
        "number": rf"(b^\dagger b)^{first}",
        "antinormal": rf"b^{first} (b^\dagger)^{second}",
        "field": rf"(b+b^\dagger)^{first}",
    }[p["kind"]]
    return rf"Write ${word}$ in normal order (all $b^\dagger$ to the left) with $[b,b^\dagger]=1$."


BOSON_POWER = ProblemTemplate(
    "boson-power",
    "Other",
    "normal order of words of one boson",
    _draw_word,
    _word_question,
    _boson_word,
    _boson_matrices,
    kind="operator",
    algebra="boson",
    symbols=r"$(b, NC)$;$(b^\dagger, NC)$",
)

AXES = "xyz"
CYCLIC = (
    ("x", "y", "z", 1),
    ("y", "z", "x", 1),
    ("z", "x", "y", 1),
    ("x", "z", "y", -1),
    ("z", "y", "x", -1),
    ("y", "x", "z", -1),
)


def _draw_triple(generator: np.random.Generator) -> dict[str, Any]:
    first, middle, last = (int(site) for site in generator.permutation(3) + 1)
    return {"first": first, "middle": middle, "last": last, "strength": int(generator.integers(1, 5))}


def _spin_commutator(p: Parameters) -> Answer:
    spins = Spins(Fraction(1, 2))

    def component(axis: str, site: int) -> Element:
        return {"x": spins.x, "y": spins.y, "z": spins.z}[axis](site)

    def dot(a: int, b: int) -> Element:
        return _sum(component(axis, a) * component(axis, b) for axis in AXES)

    first, middle, last = (p[name] - 1 for name in ("first", "middle", "last"))
    found = commutator(dot(first, middle), dot(middle, last)) * p["strength"]
    triple = _sum(
        component(a, first) * component(b, middle) * component(c, last) * sign for a, b, c, sign in CYCLIC
    ) * (IMAGINARY_UNIT * -p["strength"])
    if (found - triple).terms:
        raise ArithmeticError("the commutator must be the triple product")
    return Answer(ALGEBRA, _entries(matrix(found, 3).toarray()), text=_triple_text(p))


def _triple_text(p: Parameters) -> str:
    sites = sorted((p["first"], p["middle"], p["last"]))
    order = {site: place for place, site in enumerate((p["first"], p["middle"], p["last"]))}
    terms = []
    for *axes, sign in CYCLIC:
        factors = " ".join(f"S_{site}^{axes[order[site]]}" for site in sites)
        terms.append(("+" if sign > 0 else "-") + factors)
    return rf"-{factor_text(p['strength'])} i \left({''.join(terms).removeprefix('+')}\right)"


def _spin_matrices(p: Parameters, seed: int) -> Answer:
    across, turning, along = spin_matrices(1)

    def at(one: NDArray, site: int) -> NDArray:
        factors = [np.eye(2, dtype=complex)] * 3
        factors[site] = one
        # Site 1 is the last factor, as in the algebra's matrices where bit 0 is site 0, or the first: the order is common to both.
        return np.kron(np.kron(factors[0], factors[1]), factors[2])

    def dot(a: int, b: int) -> NDArray:
        return sum(at(one, a) @ at(one, b) for one in (across.astype(complex), -1j * turning, along.astype(complex)))

    first, middle, last = (p[name] - 1 for name in ("first", "middle", "last"))
    one, other = dot(first, middle), dot(middle, last)
    return Answer(MATRICES, _entries(p["strength"] * (one @ other - other @ one)))


SPIN_COMMUTATOR = ProblemTemplate(
    "spin-comm",
    "Other",
    "commutator of two bond operators",
    _draw_triple,
    lambda p: (
        rf"For three spins $S=\tfrac12$, write ${factor_text(p['strength'])}[\mathbf "
        rf"S_{p['first']}\cdot\mathbf "
        rf"S_{p['middle']},\,\mathbf S_{p['middle']}\cdot\mathbf S_{p['last']}]$ as a sum of products of $S_i^x$, "
        rf"$S_i^y$, $S_i^z$ with at most "
        "one operator of each site in a product."
    ),
    _spin_commutator,
    _spin_matrices,
    kind="operator",
    algebra="spin",
    spin=Fraction(1, 2),
    symbols="$(S_i, NC)$",
)


def _draw_hop(generator: np.random.Generator) -> dict[str, Any]:
    first, last = sorted(int(site) for site in generator.choice(5, 2, replace=False) + 1)
    return {
        "first": first,
        "last": last,
        "kind": str(generator.choice(("hop", "pair"))),
        "strength": int(generator.integers(1, 4)),
    }


def _string_algebra(p: Parameters) -> Answer:
    """Strings of Z between two sites, from c_j = Z_1…Z_{j−1}(X_j + iY_j)/2."""
    paulis = Paulis()

    def destroy(site: int) -> Element:
        string = paulis.x(site) + paulis.y(site) * IMAGINARY_UNIT
        for before in range(site):
            string = paulis.z(before) * string
        return string * Fraction(1, 2)

    def create(site: int) -> Element:
        string = paulis.x(site) - paulis.y(site) * IMAGINARY_UNIT
        for before in range(site):
            string = paulis.z(before) * string
        return string * Fraction(1, 2)

    first, last = p["first"] - 1, p["last"] - 1
    if p["kind"] == "hop":
        element = create(first) * destroy(last) + create(last) * destroy(first)
    else:
        element = create(first) * create(last) + destroy(last) * destroy(first)
    element = element * p["strength"]
    return Answer(
        ALGEBRA, _entries(matrix(element, 5).toarray()), text=text(element, lambda mode: rf"\sigma_{mode + 1}")
    )


def _string_matrices(p: Parameters, seed: int) -> Answer:
    annihilators = [each.toarray() for each in kronecker_fermions(5)]
    first, last = annihilators[p["first"] - 1], annihilators[p["last"] - 1]
    word = first.T @ last if p["kind"] == "hop" else first.T @ last.T
    return Answer("Jordan-Wigner matrices", _entries(p["strength"] * (word + word.T)))


def _string_question(p: Parameters) -> str:
    strength = factor_text(p["strength"])
    second = f"c_{p['last']}" if p["kind"] == "hop" else rf"c^\dagger_{p['last']}"
    return (
        r"With the Jordan-Wigner transform $c_j=\big(\prod_{k<j}\sigma^z_k\big)\tfrac12(\sigma^x_j+i\sigma^y_j)$ "
        r"on five sites, write "
        rf"${strength}(c^\dagger_{p['first']}{second}+\mathrm{{h.c.}})$ in terms of $\sigma^x_j$, $\sigma^y_j$, "
        rf"$\sigma^z_j$."
    )


JORDAN_WIGNER = ProblemTemplate(
    "jw-string",
    "Other",
    "a fermionic bilinear as strings of Pauli matrices",
    _draw_hop,
    _string_question,
    _string_algebra,
    _string_matrices,
    kind="operator",
    algebra="pauli",
    symbols=r"$(\sigma_i, NC)$",
)


def _sum(elements: Iterable[Element]) -> Element:
    total, *others = elements
    for each in others:
        total = total + each
    return total


def _entries(table: NDArray) -> tuple[complex, ...]:
    return tuple(complex(value) for value in table.ravel())


OPERATOR_TEMPLATES = (ETA_PAIRING, BOSON_POWER, SPIN_COMMUTATOR, JORDAN_WIGNER)
