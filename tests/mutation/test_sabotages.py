"""The list of sabotages is fit to be carried out: every line to change stands in its file, once."""

import pytest

from phasebook.claims import built_papers
from tests.mutation.sabotages import ROOT, sabotages

BUILT = {paper.slug for paper in built_papers()}


@pytest.mark.parametrize("sabotage", sabotages(), ids=lambda each: f"{each.paper}: {each.what}")
def test_the_line_to_spoil_is_there(sabotage):
    assert sabotage.paper in BUILT
    text = sabotage.path.read_text()
    assert text.count(sabotage.find) == 1
    assert sabotage.replace != sabotage.find
    spoiled = text.replace(sabotage.find, sabotage.replace)
    compile(spoiled, sabotage.file, "exec")
    assert all((ROOT / path).exists() for path in sabotage.tests)
