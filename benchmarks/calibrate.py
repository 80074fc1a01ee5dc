"""Every statistical claim at 20 fresh seeds: at least 19 hold, and the z-scores have the variance of z-scores.

`make calibrate`, or `python -m benchmarks.calibrate SLUG ...`. Exit code 1 where a claim is not calibrated.
"""

import math
import statistics
import sys

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
    scores = z_scores(results)
    # About its own mean: a law that holds in a limit may miss the measurement by a little, always; that is for the tolerance.
    spreads = [statistics.variance(each) for each in scores.values() if len(each) > 1]
    variance = statistics.fmean(spreads) if spreads else math.nan
    shift = statistics.fmean(statistics.fmean(each) for each in scores.values()) if scores else math.nan
    good = holding >= LEAST_HOLDING and (not spreads or VARIANCE[0] <= variance <= VARIANCE[1])
    name, remark = f"{claim.slug} {claim.name}", "" if good else "NOT CALIBRATED"
    print(f"{name:<60} {holding:>2}/{len(results)}  {variance:5.2f} {shift:6.2f} ({len(scores)})  {remark}", flush=True)
    return good


def z_scores(results: list) -> dict[str, list[float]]:
    """(measured - predicted) / stderr by comparison over all seeds (bounds have no z-score)."""
    scores: dict[str, list[float]] = {}
    for result in results:
        for place, row in enumerate(result.comparisons):
            if row["relation"] == "=" and row["stderr"]:
                scores.setdefault(f"{place} {row['label']}", []).append(
                    (row["measured"] - row["predicted"]) / row["stderr"]
                )
    return scores


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
