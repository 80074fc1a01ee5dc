"""A trust report in words: its table, and the advice that follows from it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .trust_report import MethodReport, TrustReport, WorstError

FEW_MOLECULES = 20.0
SURE = 3.0  # standard errors


def table(report: TrustReport) -> str:
    """The methods beside the exact answer, notes, and the advice."""
    network, times = report.network, report.times
    lines = [
        f"{len(network.species)} species, {len(network.reactions)} reactions, at {_times(times)}",
        f"exact answer: {report.exact.text}, {report.exact.seconds:.1f} s",
        "largest error over species and times, relative to the exact value or to one molecule, whichever is larger:",
        "",
    ]
    rows = [("method", "means", "standard deviations", "validity", "seconds")]
    for method in report.methods:
        rows.append(
            (
                method.name,
                _cell(method.mean_error, method),
                _cell(method.deviation_error, method),
                method.check or "-",
                f"{method.seconds:.2f}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if any(row[column].endswith(("!", "?")) for row in rows for column in (1, 2)):
        lines.append(
            f"! off by more than the tolerance of {_percent(report.tolerance)};  ? too few trajectories to tell"
        )
    lines.append("")
    notes: dict[str, list[str]] = {}
    for method in report.methods:
        if method.failure:
            notes.setdefault(method.failure, []).append(_long(method))
        elif method.check_text and method.check != "valid":
            notes.setdefault(f"{method.check}, {method.check_text}", []).append(_long(method))
    lines += [f"{_capital(_and(names))}: {note}." for note, names in notes.items()]
    return "\n".join([*lines, *([""] if notes else []), *report.advice])


def advice(report: TrustReport) -> tuple[str, ...]:
    """What to use and why, two to five sentences."""
    usable = [each for each in report.methods if each.failure is None]
    both = next((each for each in usable if each.trusted), None)
    means = next((each for each in usable if each.mean_error.grade == "within"), None)
    exact = f"the {report.exact.kind}, which took {report.exact.seconds:.1f} s"
    sentences = []
    if both is not None:
        sentences.append(
            f"Use {_long(both)} for means and standard deviations: they are within {_percent(both.mean_error.value)} and"
            f" {_percent(both.deviation_error.value)} of the exact answer for every species{_sampling(both)}."
        )
        if means is not None and means is not both:
            sentences.append(
                f"{_capital(_long(means))} gives the means as well, but"
                f" {_off(means.deviation_error, 'standard deviation', report)}."
            )
    elif means is not None:
        sentences.append(
            f"Use {_long(means)} for means, which it has within {_percent(means.mean_error.value)}, and for nothing else:"
            f" {_off(means.deviation_error, 'standard deviation', report)}."
        )
        best = min(usable, key=lambda each: each.deviation_error.value)
        by = "" if best is means else f" (the best, {_long(best)}, is off by {_percent(best.deviation_error.value)})"
        sentences.append(
            f"No method here has the standard deviations within {_percent(report.tolerance)}{by}: take them from {exact}."
        )
    elif usable:
        best = min(usable, key=lambda each: each.mean_error.value)
        sentences.append(
            f"Trust none of these theories here: the best means are those of {_long(best)}, and"
            f" {_off(best.mean_error, 'mean', report)}."
        )
        sentences.append(f"Take {exact}.")
    else:
        sentences.append(f"No theory gives an answer for this network: take {exact}.")
    chosen = both or means
    if chosen is not None:
        sentences += _others(report, chosen)
    broken = [each for each in report.methods if each.failure and not each.failure.startswith("not applied")]
    if broken:
        breaks = "they break" if len(broken) > 1 else "it breaks"
        sentences.append(f"Do not use {_and(_long(each) for each in broken)}: on this very run {breaks} down.")
    sentences += _warnings(report, usable)
    return tuple(sentences)


def _others(report: TrustReport, chosen: MethodReport) -> list[str]:
    """What the more expensive closures add to the chosen method."""
    later = report.methods[report.methods.index(chosen) + 1 :]
    trusted = [each for each in later if each.trusted and each.failure is None]
    if not trusted or not chosen.trusted:
        return []
    noise = max(0.2 * report.tolerance, SURE * max(chosen.mean_error.stderr, chosen.deviation_error.stderr))
    better = min(trusted, key=_worst)
    if _worst(better) < _worst(chosen) - noise:
        return [
            f"{_capital(_long(better))} is nearer, within {_percent(better.mean_error.value)} and"
            f" {_percent(better.deviation_error.value)}, in {better.seconds:.1f} s."
        ]
    longest = max(each.seconds for each in trusted)
    agree, add = ("agrees", "adds") if len(trusted) == 1 else ("agree", "add")
    cost = f"took up to {longest:.1f} s" if longest >= 0.1 else "cost little"
    pronoun = "it" if len(trusted) == 1 else "they"
    return [f"{_capital(_and(_long(each) for each in trusted))} {agree} with it and {add} nothing; {pronoun} {cost}."]


def _warnings(report: TrustReport, usable: list[MethodReport]) -> list[str]:
    sentences = []
    invalid = [each for each in usable if each.check in _INVALID and each.mean_error.grade == "within"]
    if invalid:
        faults = _and(f"{_long(each)} {_INVALID[each.check]}" for each in invalid)
        them = "it" if len(invalid) == 1 else "them"
        sentences.append(f"Started elsewhere or run on, {faults}: keep {them} to this start and these times.")
    undecided = [
        error
        for each in usable
        for error in (each.mean_error, each.deviation_error)
        if error.grade == "undecided" and error.stderr > 0
    ]
    if undecided:
        # Three standard errors must fit into half of the tolerance.
        factor = max((6 * error.stderr / report.tolerance) ** 2 for error in undecided)
        sentences.append(
            f"Some errors are too near the tolerance of {_percent(report.tolerance)} to tell; take about"
            f" {max(2, math.ceil(factor))} times as many trajectories to decide."
        )
    return sentences


def _off(error: WorstError, quantity: str, report: TrustReport) -> str:
    if not math.isfinite(error.value):
        return f"its {quantity} of {error.species} does not exist at time {error.time:.3g}"
    column = report.network.species.index(error.species)
    row = int(abs(report.times - error.time).argmin())
    mean, deviation = report.exact.means[row, column], report.exact.standard_deviations[row, column]
    why = ""
    if mean < FEW_MOLECULES:
        why = f", where there are about {mean:.2g} molecules"
    elif deviation > 0.3 * mean:
        why = f", where its fluctuations ({deviation:.2g}) are not small beside its mean ({mean:.3g})"
    verb = "may be" if error.grade == "undecided" else "is"
    return f"its {quantity} of {error.species} {verb} off by {_percent(error.value)} at time {error.time:.3g}{why}"


def _cell(error: WorstError, method: MethodReport) -> str:
    if not math.isfinite(error.value):
        return "none"
    bar = f" ± {_percent(error.stderr)}" if error.stderr else ""
    return f"{_percent(error.value)}{bar} ({error.species} at {error.time:.3g}){_MARKS[error.grade]}"


_MARKS = {"within": "", "off": " !", "undecided": " ?"}
_INVALID = {
    "diverged": "diverges",
    "oscillating": "oscillates without end",
    "multistable": "has several stable states, where the true moments have one",
    "negative_variance": "makes a variance negative",
    "negative_mean": "makes a mean negative",
}


def _long(method: MethodReport) -> str:
    return "linear noise" if method.order is None else f"order {method.order}"


def _percent(value: float) -> str:
    percent = 100 * value
    if percent < 0.01:
        return "0.01%" if percent > 0 else "0%"
    return f"{percent:.2f}%" if percent < 1 else f"{percent:.1f}%" if percent < 10 else f"{percent:.0f}%"


def _times(times: Iterable[float]) -> str:
    shown = [f"{time:.4g}" for time in times]
    return "time " + shown[0] if len(shown) == 1 else "times " + ", ".join(shown)


def _and(names: Iterable[str]) -> str:
    *first, last = list(names)
    return f"{', '.join(first)} and {last}" if first else last


def _worst(method: MethodReport) -> float:
    return max(method.mean_error.value, method.deviation_error.value)


def _sampling(method: MethodReport) -> str:
    """Says where the sampling of the exact answer explains the errors."""
    errors = (method.mean_error, method.deviation_error)
    if all(0 < error.value <= SURE * error.stderr for error in errors):
        return ", no more than the simulation's own sampling error"
    return ""


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
