"""Every experiment at its defaults stays within two gigabytes, measured in processes of their own."""

import pytest

from phasebook.claims import built_papers, load_paper
from phasebook.workers import Task, run_tasks

PAPERS = built_papers()
MEMORY = 2 * 1024**3


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.slug)
def test_defaults_stay_within_two_gigabytes(paper):
    planned = [Task(name, run_at_defaults, (paper.slug, name), 120.0, MEMORY) for name in paper.experiments]
    outcomes = [event.outcome for event in run_tasks(planned, workers=1) if event.outcome is not None]
    assert [outcome.message for outcome in outcomes] == [""] * len(planned)
    assert max(outcome.peak_memory for outcome in outcomes) < MEMORY


def run_at_defaults(slug: str, name: str) -> None:
    """What the processes run."""
    load_paper(slug).experiments[name].run(seed=4)
