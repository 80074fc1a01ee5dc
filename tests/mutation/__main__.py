"""`python -m tests.mutation [SLUG ...]`: carry out the sabotages of these papers (all by default), and print who noticed each."""

import sys
from collections import Counter

from tests.mutation.sabotages import carry_out, sabotages


def main(slugs: list[str]) -> int:
    """One line per sabotage, then the share that was noticed, by paper; exit code 1 if one was not."""
    chosen = [each for each in sabotages() if not slugs or each.paper in slugs]
    noticed, total = Counter(), Counter()
    for each in chosen:
        outcome = carry_out(each)
        total[each.paper] += 1
        noticed[each.paper] += bool(outcome.noticed_by)
        print(f"{each.paper}: {each.what}: {outcome.noticed_by or 'NOT NOTICED'}", flush=True)
        if not outcome.noticed_by:
            print(outcome.output, flush=True)
    for paper in total:
        print(f"{paper}: {noticed[paper]} of {total[paper]} noticed")
    return int(noticed.total() < total.total())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
