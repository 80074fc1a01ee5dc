"""Exact complex numbers with rational parts; what is real stays an `int` or a `Fraction`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Rational = int | Fraction
LONGEST_WRITTEN = 8192


@dataclass(frozen=True, slots=True)
class GaussianRational:
    """a + bi with rational a and b, b ≠ 0; sums and products that are real come back as `int` or `Fraction`."""

    real: Rational
    imag: Rational

    def __add__(self, other: Any) -> Any:
        if isinstance(other, (int, Fraction)):
            return GaussianRational(self.real + other, self.imag)
        if isinstance(other, GaussianRational):
            return gaussian(self.real + other.real, self.imag + other.imag)
        return NotImplemented

    __radd__ = __add__

    def __neg__(self) -> GaussianRational:
        return GaussianRational(-self.real, -self.imag)

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, (int, Fraction, GaussianRational)):
            return self + (-other)
        return NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, (int, Fraction)):
            return gaussian(self.real * other, self.imag * other)
        if isinstance(other, GaussianRational):
            real = self.real * other.real - self.imag * other.imag
            return gaussian(real, self.real * other.imag + self.imag * other.real)
        return NotImplemented

    __rmul__ = __mul__

    def __complex__(self) -> complex:
        return complex(float(self.real), float(self.imag))

    def conjugate(self) -> GaussianRational:
        """a − bi."""
        return GaussianRational(self.real, -self.imag)


Number = int | Fraction | GaussianRational
IMAGINARY_UNIT = GaussianRational(0, 1)


def gaussian(real: Rational, imag: Rational) -> Number:
    """The number real + i·imag in its simplest type."""
    return GaussianRational(plain(real), plain(imag)) if imag else plain(real)


def plain(value: Rational) -> Rational:
    """A fraction with denominator one as an integer."""
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


def reciprocal(value: Number) -> Number:
    """One over a number. Raises `ZeroDivisionError` for zero."""
    if isinstance(value, GaussianRational):
        norm = Fraction(value.real) ** 2 + Fraction(value.imag) ** 2
        return gaussian(value.real / norm, -value.imag / norm)
    return plain(Fraction(1) / value)


def number_power(value: Number, exponent: int) -> Number:
    """A number to an integer power, by repeated squaring."""
    if exponent < 0:
        value, exponent = reciprocal(value), -exponent
    if not isinstance(value, GaussianRational):
        return plain(value**exponent)
    result: Number = 1
    while exponent:
        if exponent & 1:
            result = result * value
        value, exponent = value * value, exponent >> 1
    return result


def bits(value: Number) -> int:
    """Number of bits of the largest integer that the number is written with."""
    parts = (value.real, value.imag) if isinstance(value, GaussianRational) else (value,)
    return max(max(part.numerator.bit_length(), part.denominator.bit_length()) for part in parts)


def number_text(value: Number) -> str:
    """The number as LaTeX that the parser reads back: 3, -1/2, 2 i, (1/2 + i)."""
    if bits(value) > LONGEST_WRITTEN:
        return f"(a number of {bits(value)} bits)"
    if not isinstance(value, GaussianRational):
        return str(value)
    if value.real == 0:
        size = "i" if abs(value.imag) == 1 else f"{abs(value.imag)} i"
        return f"-{size}" if value.imag < 0 else size
    imaginary = "i" if abs(value.imag) == 1 else f"{abs(value.imag)} i"
    return f"({value.real} {'-' if value.imag < 0 else '+'} {imaginary})"
