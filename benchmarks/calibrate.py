"""Every statistical claim at 20 fresh seeds: at least 19 hold, and the z-scores have the variance of z-scores.

`make calibrate`, or `python -m benchmarks.calibrate SLUG ...`. Exit code 1 where a claim is not calibrated.
"""

import math
import statistics
import sys

from scipy.special import ndtri, stdtr

from phasebook.claims import Claim, built_papers, load_paper
from phasebook.verify import verify

SEEDS = range(1000, 1020)
LEAST_HOLDING = 19
VARIANCE = (0.4, 2.0)


def main(slugs: list[str]) -> int:
    """Calibrate the statistical quick claims of the named papers, or of all."""
    papers = [load_paper(slug) for slug in slugs] or built_papers()
    claims = [
        claim for paper in papers for claim in paper.claims.values() if claim.statistical and claim.tier == "quick"
    ]
    print(f"{'claim':<60} holds  variance and mean of z (comparisons)")
    good = True
    results: dict[str, list] = {f"{claim.slug} {claim.name}": [] for claim in claims}
    for seed in SEEDS:
        for step in verify(claims, seed=seed, keep=False):
            if step.result is not None:
                results[f"{step.claim.slug} {step.claim.name}"].append(step.result)
    for claim in claims:
        good &= report(claim, results[f"{claim.slug} {claim.name}"])
    return 0 if good else 1


def report(claim: Claim, results: list) -> bool:
    """Print one claim's line; whether it is calibrated."""
    holding = sum(result.verdict == "holds" for result in results)
    spreads, shifts = [], []
    for differences, stderrs, dofs in compared(results).values():
        # About their own mean: a law that holds in a limit misses the measurement by a little, always; that is for the tolerance.
        mean = statistics.fmean(differences)
        scores = [
            normal_score((difference - mean) / stderr, dof)
            for difference, stderr, dof in zip(differences, stderrs, dofs, strict=True)
        ]
        spreads.append(math.fsum(score**2 for score in scores) / max(1, len(scores) - 1))
        shifts.append(mean / statistics.fmean(stderrs))
    variance, shift = (statistics.fmean(each) if each else math.nan for each in (spreads, shifts))
    good = holding >= LEAST_HOLDING and (not spreads or VARIANCE[0] <= variance <= VARIANCE[1])
    name, remark = f"{claim.slug} {claim.name}", "" if good else "NOT CALIBRATED"
    print(
        f"{name:<60} {holding:>2}/{len(results)}  {variance:5.2f} {shift:6.2f} ({len(spreads)})  {remark}", flush=True
    )
    return good


def compared(results: list) -> dict[str, tuple[list[float], list[float], list[float]]]:
    """Differences from the prediction, standard errors and degrees of freedom by comparison (bounds predict no value)."""
    found: dict[str, tuple[list[float], list[float], list[float]]] = {}
    for result in results:
        for place, row in enumerate(result.comparisons):
            if row["relation"] == "=" and row["stderr"]:
                columns = found.setdefault(f"{place} {row['label']}", ([], [], []))
                dof = math.inf if row["dof"] is None else row["dof"]
                for column, value in zip(
                    columns, (row["measured"] - row["predicted"], row["stderr"], dof), strict=True
                ):
                    column.append(value)
    return found


def normal_score(score: float, dof: float) -> float:
    """The normal number that is as extreme as this of Student's distribution: few repetitions have wide tails."""
    if math.isinf(dof):
        return score
    return float(math.copysign(ndtri(stdtr(dof, -abs(score))), score))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
