"""The documentation's generated pages: every paper, claim, family and example is on them, and their links lead somewhere."""

import posixpath
import re

import pytest

from docs.site_pages import ROOT, navigation, pages
from phasebook.claims import built_papers

PAGES = pages()
PAPERS = built_papers()
BY_HAND = {path.relative_to(ROOT / "docs" / "site").as_posix() for path in (ROOT / "docs" / "site").rglob("*.md")}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.slug)
def test_a_paper_has_its_page(paper):
    text = PAGES[f"papers/{paper.slug}.md"]
    assert all(f"**{name}**" in text for name in paper.claims)
    assert all(f"## Experiment {name}\n" in text for name in paper.experiments)
    assert "## Model and theory" in text
    assert "## Where it stops being true" in text
    assert f"[{paper.slug}](papers/{paper.slug}.md)" in PAGES["limits.md"]


def test_every_family_shows_an_example_on_a_users_own_data():
    for name in {paper.entry.family for paper in PAPERS}:
        text = PAGES[f"families/{name}.md"]
        assert "## Worked example" in text
        assert "## Equations of" in text
    shown = "".join(text for path, text in PAGES.items() if path.startswith("families/"))
    assert all(f"examples/{script.name}" in shown for script in (ROOT / "examples").glob("*.py"))


def test_links_lead_to_pages():
    for path, text in PAGES.items():
        for target in re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", text):
            found = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            assert found in PAGES.keys() | BY_HAND, f"{path} links to {target}"


def test_the_menu_lists_every_page_once():
    def listed(item) -> list[str]:
        if isinstance(item, str):
            return [item]
        return [path for each in (item.values() if isinstance(item, dict) else item) for path in listed(each)]

    found = listed(navigation())
    assert sorted(found) == sorted(PAGES.keys() | BY_HAND)


def test_a_table_keeps_its_columns():
    """A bar or a line break in a statement would break the row that it stands in."""
    for path, text in PAGES.items():
        tables = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
        for table in tables:
            columns = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
            assert len(columns) == 1, path
