"""The last side-by-sides with other programs, as `python -m benchmarks` measured them: they ship with the package."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class SideBySide:
    """One task done by Phasebook and by another program in turns; `ratio` is the peer's time over ours, with its 99% interval."""

    comparison: str
    what: str
    peer: str
    ours_seconds: float
    peer_seconds: float
    ratio: float
    interval: tuple[float, float]
    aim: str
    limit: str
    day: str
    device: str

    @property
    def shown_ratio(self) -> str:
        """The ratio with its interval."""
        low, high = self.interval
        return f"{self.ratio:.3g} [{low:.3g}, {high:.3g}]"


def side_by_sides(comparisons: Iterable[str]) -> tuple[SideBySide, ...]:
    """The rows of these comparisons, in their order; one that was not measured yet has none."""
    return tuple(row for name in comparisons for row in _measured().get(name, ()))


def duration(seconds: float) -> str:
    """A time in the unit that fits."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms"


@functools.cache
def _measured() -> dict[str, tuple[SideBySide, ...]]:
    table = json.loads(resources.files("phasebook").joinpath("side_by_side.json").read_text())
    return {
        name: tuple(
            SideBySide(
                comparison=name,
                day=entry["day"],
                device=entry["device"],
                interval=(row["interval"][0], row["interval"][1]),
                **{key: row[key] for key in ("what", "peer", "ours_seconds", "peer_seconds", "ratio", "aim", "limit")},
            )
            for row in entry["rows"]
        )
        for name, entry in table.items()
    }
