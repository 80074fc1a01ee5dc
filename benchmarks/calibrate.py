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
    print(f"{'claim':<60} holds  variance of z (comparisons)")
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
    scores = [score for result in results for score in z_scores(result.comparisons)]
    variance = statistics.fmean(score**2 for score in scores) if scores else math.nan
    good = holding >= LEAST_HOLDING and (not scores or VARIANCE[0] <= variance <= VARIANCE[1])
    name, remark = f"{claim.slug} {claim.name}", "" if good else "NOT CALIBRATED"
    print(f"{name:<60} {holding:>2}/{len(results)}  {variance:5.2f} ({len(scores)})  {remark}")
    return good


def z_scores(comparisons: tuple[dict, ...]) -> list[float]:
    """(measured - predicted) / stderr of the comparisons that predict a value (bounds have no z-score)."""
    return [
        (row["measured"] - row["predicted"]) / row["stderr"]
        for row in comparisons
        if row["relation"] == "=" and row["stderr"]
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
