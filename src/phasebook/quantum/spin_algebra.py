"""Spins: [S^z, S^±] = ±S^±, [S^+, S^-] = 2S^z. A monomial lists (site, a, b, c) for S^+^a S^z^b S^-^c, sites ascending.

Source: S^-^r S^+^s = Σ_k C(r,k) C(s,k) k! S^+^(s−k) (X)(X−1)…(X−k+1) S^-^(r−k), X = −2S^z − r − s + 2k (Kostant's formula for
sl(2), in these generators). For a declared spin s, S^+S^- = s(s+1) − S^z² + S^z and the vanishing of (S^z − m) products leave
one form only.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial

from .algebra import AlgebraError, Element, ModeName
from .gaussian_rationals import IMAGINARY_UNIT, Number, Rational, plain

SpinPowers = tuple[int, int, int]
SpinMonomial = tuple[tuple[int, int, int, int], ...]
Polynomial = tuple[Rational, ...]
LARGEST_SPIN = 16


@dataclass(frozen=True, slots=True)
class Spins:
    """The algebra of spins on numbered sites; `spin` is None where nothing but the commutation relations may be used.

    Raises `AlgebraError` unless 2s is a positive integer up to 32.
    """

    spin: Fraction | None = None
    symbol: str = "S"

    def __post_init__(self) -> None:
        if self.spin is not None:
            if (2 * self.spin) % 1 != 0 or not 0 < self.spin <= LARGEST_SPIN:
                raise AlgebraError(f"the spin must be a half integer from 1/2 to {LARGEST_SPIN}; got {self.spin}")
            object.__setattr__(self, "spin", Fraction(self.spin))

    @property
    def identity(self) -> SpinMonomial:
        """The monomial one."""
        return ()

    def raising(self, site: int) -> Element:
        """S^+ of a site."""
        return self._element(site, (1, 0, 0))

    def lowering(self, site: int) -> Element:
        """S^- of a site."""
        return self._element(site, (0, 0, 1))

    def z(self, site: int) -> Element:
        """S^z of a site."""
        return self._element(site, (0, 1, 0))

    def x(self, site: int) -> Element:
        """S^x = (S^+ + S^-)/2 of a site."""
        return (self.raising(site) + self.lowering(site)) * Fraction(1, 2)

    def y(self, site: int) -> Element:
        """S^y = (S^+ − S^-)/2i of a site."""
        return (self.lowering(site) - self.raising(site)) * (IMAGINARY_UNIT * Fraction(1, 2))

    def product(self, left: SpinMonomial, right: SpinMonomial) -> dict[SpinMonomial, Number]:
        """Canonical order, site by site in closed form, reduced for a declared spin."""
        first, second = ({site: tuple(powers) for site, *powers in side} for side in (left, right))
        total: dict[SpinMonomial, Number] = {(): 1}
        for site in sorted(first.keys() | second.keys()):
            none = (0, 0, 0)
            pieces = _site_product(first.get(site, none), second.get(site, none), self.spin)
            total = {
                (*before, (site, *powers)) if any(powers) else before: value * weight
                for before, value in total.items()
                for powers, weight in pieces
            }
        return total

    def adjoint(self, monomial: SpinMonomial) -> dict[SpinMonomial, Number]:
        """(S^+^a S^z^b S^-^c)† = S^+^c S^z^b S^-^a, which is in canonical order again."""
        return {tuple((site, c, b, a) for site, a, b, c in monomial): 1}

    def text(self, monomial: SpinMonomial, name: ModeName) -> str:
        """S^+, S^z, S^- of each site after each other."""
        return " ".join(
            _power(f"{name(site)}^{component}", exponent)
            for site, *powers in monomial
            for component, exponent in zip("+z-", powers, strict=True)
            if exponent
        )

    def word(self, monomial: SpinMonomial) -> list[tuple[str, int]]:
        """A monomial as letters `raising`, `z`, `lowering` with their sites."""
        letters = ("raising", "z", "lowering")
        return [
            (letter, site)
            for site, *powers in monomial
            for letter, power in zip(letters, powers, strict=True)
            for _ in range(power)
        ]

    def generator(self, letter: str, mode: int) -> Element:
        """The element of one letter of a word."""
        return {"raising": self.raising, "z": self.z, "lowering": self.lowering}[letter](mode)

    def letter(self, mode: int) -> str:
        """How a mode is written where nobody named it."""
        return f"{self.symbol}_{{{mode}}}"

    def _element(self, site: int, powers: SpinPowers) -> Element:
        pieces = _reduced({powers: 1}, self.spin) if self.spin is not None else {powers: 1}
        return Element(self, {((site, *each),) if any(each) else (): weight for each, weight in pieces.items()})


def _power(letter: str, exponent: int) -> str:
    return letter if exponent == 1 else f"({letter})^{{{exponent}}}"


@lru_cache(maxsize=65536)
def _site_product(
    left: SpinPowers, right: SpinPowers, spin: Fraction | None
) -> tuple[tuple[SpinPowers, Rational], ...]:
    """(S^+^a S^z^b S^-^c)(S^+^d S^z^e S^-^f) in canonical order."""
    (a, b, c), (d, e, f) = left, right
    total: dict[SpinPowers, Rational] = {}
    for k in range(min(c, d) + 1):
        # S^z moves right past S^+^(d-k) and left past S^-^(c-k), and is shifted by their charges.
        middle = _times(_shifted_power(d - k, b), _falling(k, c + d))
        middle = _times(middle, _shifted_power(c - k, e))
        weight = comb(c, k) * comb(d, k) * factorial(k)
        for power, factor in enumerate(middle):
            key = (a + d - k, power, c - k + f)
            total[key] = total.get(key, 0) + weight * factor
    kept = {key: value for key, value in total.items() if value}
    return tuple((_reduced(kept, spin) if spin is not None else kept).items())


def _falling(k: int, total: int) -> Polynomial:
    """X(X−1)…(X−k+1) with X = −2S^z − total + 2k, as a polynomial in S^z."""
    result: Polynomial = (1,)
    for step in range(k):
        result = _times(result, (2 * k - total - step, -2))
    return result


def _shifted_power(shift: Rational, exponent: int) -> Polynomial:
    """(S^z + shift)^exponent."""
    return tuple(comb(exponent, power) * shift ** (exponent - power) for power in range(exponent + 1))


def _times(first: Polynomial, second: Polynomial) -> Polynomial:
    result: list[Rational] = [0] * (len(first) + len(second) - 1)
    for i, left in enumerate(first):
        for j, right in enumerate(second):
            result[i + j] += left * right
    return tuple(result)


def _reduced(terms: dict[SpinPowers, Rational], spin: Fraction) -> dict[SpinPowers, Rational]:
    """The only form S^+^a S^z^b or S^z^b S^-^c with b ≤ 2s − a or 2s − c."""
    total: dict[SpinPowers, Rational] = {}
    for (a, b, c), value in terms.items():
        polynomial: Polynomial = (0,) * b + (1,)
        while a and c:
            # S^+ f(S^z) S^- = f(S^z − 1) (s(s+1) − S^z² + S^z)
            polynomial = _times(_compose_shift(polynomial, -1), (spin * (spin + 1), 1, -1))
            a, c = a - 1, c - 1
        if max(a, c) > 2 * spin:
            continue
        for power, factor in enumerate(_remainder(polynomial, _annihilating(max(a, c), spin))):
            key = (a, power, c)
            total[key] = plain(total.get(key, 0) + value * factor)
    return {key: value for key, value in total.items() if value}


def _compose_shift(polynomial: Polynomial, shift: int) -> Polynomial:
    result: list[Rational] = [0] * len(polynomial)
    for exponent, value in enumerate(polynomial):
        for power, factor in enumerate(_shifted_power(shift, exponent)):
            result[power] += value * factor
    return tuple(result)


@lru_cache(maxsize=1024)
def _annihilating(raised: int, spin: Fraction) -> Polynomial:
    """Π (S^z − m) over the m from −s to s − raised, which vanishes right of S^+^raised (and left of S^-^raised)."""
    result: Polynomial = (1,)
    for step in range(int(2 * spin) - raised + 1):
        result = _times(result, (raised + step - spin, 1))
    return result


def _remainder(polynomial: Polynomial, divisor: Polynomial) -> Polynomial:
    """Remainder by a monic polynomial."""
    rest = list(polynomial)
    degree = len(divisor) - 1
    while len(rest) > degree:
        lead = rest.pop()
        for place in range(degree):
            rest[len(rest) - degree + place] -= lead * divisor[place]
    return tuple(rest)
