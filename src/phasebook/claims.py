"""What a paper says, and how it is measured: Paper, Experiment, Claim, Evidence, Verdict, Finding.

A paper's module makes one `Paper` and decorates its experiments and claims. Nothing heavy is imported here: `phasebook show`
reads a paper's module in milliseconds.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from . import catalogue
from .errors import PhasebookError
from .evidence import Evidence, EvidenceError
from .experiments import Along, Experiment, Level
from .numerics.measured import Measured
from .parameters import File, Help, Range, Text, UserFile
from .verdict import Finding, Judgement, judge

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "Along",
    "Claim",
    "Equation",
    "Evidence",
    "EvidenceError",
    "Experiment",
    "File",
    "Finding",
    "Help",
    "Judgement",
    "Level",
    "Measured",
    "NotBuilt",
    "Paper",
    "Range",
    "Text",
    "UserFile",
    "built_papers",
    "judge",
    "load_paper",
]

Tier = Literal["quick", "full", "gpu"]
Origin = Literal["paper", "derived", "textbook", "own"]
GIGABYTE = 1024**3


class NotBuilt(PhasebookError, ValueError):
    """The paper is in the catalogue, and its experiments and claims are planned."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a claim of a tier may take: seconds before it is stopped, bytes of memory."""

    seconds: float
    memory: int


# The time of `quick` leaves a slow, busy machine room to compile: the slowest took 49 s in the first run of a fresh clone.
LIMITS: dict[str, Limits] = {
    "quick": Limits(150, 3 * GIGABYTE),
    "full": Limits(45 * 60, 6 * GIGABYTE),
    "gpu": Limits(30 * 60, 64 * GIGABYTE),
}


@dataclass
class Claim:
    """One falsifiable sentence of a paper and the function that measures it.

    A short claim is a function from a seed to Evidence. A long one is a function from a seed to a list of parameter sets, with
    `unit` (what is measured at one of them) and `judged` (from all results to Evidence) registered beside it, so that its parts
    can be run side by side, saved one by one and resumed.
    """

    slug: str
    name: str
    function: Callable[[int], Any]
    tier: Tier
    core: bool
    origin: Origin
    source: str
    paper_value: Any = None
    finding: Finding | None = None
    needs: tuple[str, ...] = ()
    statistical: bool = False
    unit_function: Callable[..., dict[str, Any]] | None = None
    judge_function: Callable[[list[dict[str, Any]]], Evidence] | None = None

    @property
    def statement(self) -> str:
        """The sentence that is claimed."""
        return " ".join((self.function.__doc__ or "").split())

    @property
    def limits(self) -> Limits:
        """Time and memory that this claim may take."""
        return LIMITS[self.tier]

    def unit(self, function: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        """Register what is measured at one parameter set: keyword arguments and `seed` to a dict of arrays (a decorator)."""
        self.unit_function = function
        return function

    def judged(self, function: Callable[[list[dict[str, Any]]], Evidence]) -> Callable[..., Evidence]:
        """Register how the results of all units, in their order, become Evidence (a decorator)."""
        self.judge_function = function
        return function

    @property
    def in_units(self) -> bool:
        """Whether the claim is measured in parts that are saved one by one."""
        return self.unit_function is not None


@dataclass(frozen=True, slots=True)
class Uncovered:
    """What the paper claims and we do not measure, with the reason."""

    statement: str
    reason: str


@dataclass(frozen=True, slots=True)
class Equation:
    """An equation of the paper's model or theory in plain text, and what its symbols are or where it comes from."""

    name: str
    formula: str
    where: str = ""


@dataclass
class Paper:
    """One paper's experiments and claims; title, date and summary come from the catalogue.

    `comparisons` names the benchmarks (`python -m benchmarks NAME`) whose rows belong to this paper.
    """

    slug: str
    notes: tuple[str, ...] = ()
    stops: str = ""
    own_data: str = ""
    comparisons: tuple[str, ...] = ()
    equations: list[Equation] = field(default_factory=list)
    experiments: dict[str, Experiment] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    uncovered: list[Uncovered] = field(default_factory=list)

    @property
    def entry(self) -> catalogue.Entry:
        """The paper's entry in the catalogue."""
        return catalogue.find(self.slug)

    def experiment(
        self,
        name: str | None = None,
        *,
        theory: Literal["slider", "job", "absent"] = "slider",
        show: tuple[str, ...] = (),
        along: Along | None = None,
        boundary: Level | tuple[Level, ...] | None = None,
        logarithmic: tuple[str, ...] = (),
        conventions: Mapping[str, str] | None = None,
    ) -> Callable[[Callable[..., xr.Dataset]], Experiment]:
        """Register an experiment under the function's name, with hyphens. The first one is the paper's main experiment.

        With `theory="absent"` the decorated function is the measurement itself.
        """

        def register(function: Callable[..., xr.Dataset]) -> Experiment:
            identifier = _identifier(name or function.__name__)
            if identifier in self.experiments:
                raise TypeError(f"{self.slug} has an experiment {identifier!r} already")
            alone = theory == "absent"
            experiment = Experiment(
                self.slug,
                identifier,
                theory=None if alone else function,
                measurement_function=function if alone else None,
                cost="job" if theory == "job" else "slider",
                show=show,
                along=along,
                boundary=boundary,
                logarithmic=logarithmic,
                conventions=dict(conventions or {}),
            )
            experiment.parameters  # noqa: B018  a signature that breaks the contract must fail at import
            self.experiments[identifier] = experiment
            return experiment

        return register

    def claim(
        self,
        name: str,
        *,
        tier: Tier,
        core: bool = False,
        origin: Origin,
        source: str,
        paper_value: Any = None,
        finding: Finding | None = None,
        needs: tuple[str, ...] = (),
        statistical: bool = False,
    ) -> Callable[[Callable[[int], Any]], Claim]:
        """Register a claim; the function's docstring is its sentence.

        `needs` names packages, or "gpu", without which the claim is skipped; `statistical` marks it for calibration over seeds.
        """

        def register(function: Callable[[int], Any]) -> Claim:
            identifier = _identifier(name)
            if identifier in self.claims:
                raise TypeError(f"{self.slug} has a claim {identifier!r} already")
            if core and tier != "quick":
                raise TypeError(f"{self.slug} {identifier}: a core claim must be quick")
            if not (function.__doc__ or "").strip():
                raise TypeError(f"{self.slug} {identifier}: a claim needs its sentence as docstring")
            required = (*needs, "gpu") if tier == "gpu" and "gpu" not in needs else needs
            claim = Claim(
                self.slug,
                identifier,
                function,
                tier,
                core,
                origin,
                source,
                paper_value,
                finding,
                required,
                statistical,
            )
            self.claims[identifier] = claim
            return claim

        return register

    def equation(self, name: str, formula: str, where: str = "") -> None:
        """List an equation that the paper stands on, in plain text; `where` says what its symbols are."""
        self.equations.append(Equation(name, formula, where))

    def not_covered(self, statement: str, reason: str) -> None:
        """List what the paper claims and we do not measure."""
        self.uncovered.append(Uncovered(statement, reason))


def load_paper(name: str) -> Paper:
    """The paper with this slug or arXiv id. Raises `NotBuilt` for one that is planned, `ValueError` for an unknown one."""
    entry = catalogue.find(name)
    if entry.status == "planned":
        raise NotBuilt(f"{entry.slug} is planned: it is in the catalogue, and has no experiments or claims yet")
    return importlib.import_module(entry.module).paper


def built_papers() -> list[Paper]:
    """All papers that are built, in the catalogue's order."""
    return [load_paper(slug) for slug, entry in catalogue.entries().items() if entry.status == "built"]


def _identifier(name: str) -> str:
    identifier = name.replace("_", "-")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", identifier):
        raise TypeError(f"a name is lower-case words with hyphens; got {name!r}")
    return identifier
