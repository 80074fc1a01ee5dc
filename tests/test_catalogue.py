"""The catalogue: 41 papers, found by slug, arXiv id in any pasted form, and misspelled words."""

import importlib.util

import pytest

from phasebook import catalogue


def test_forty_one_papers_with_all_that_is_printed():
    papers = catalogue.entries()
    assert len(papers) == 41
    for slug, paper in papers.items():
        assert slug == paper.slug
        assert paper.title
        assert paper.family in catalogue.FAMILIES
        assert 100 <= len(paper.summary) <= 1200, slug
        assert paper.keywords
        assert 2000 <= paper.year <= 2026
        assert paper.date is None or paper.date.year == paper.year
    assert len({paper.arxiv for paper in papers.values() if paper.arxiv}) == sum(bool(p.arxiv) for p in papers.values())


def test_every_built_paper_is_in_the_catalogue():
    built = {slug for slug, paper in catalogue.entries().items() if paper.status == "built"}
    assert {"mixture-misspecification", "multi-agent-synergy"} <= built
    package = importlib.util.find_spec("phasebook.papers")
    assert package is not None


@pytest.mark.parametrize(
    "name",
    [
        "mixture-misspecification",
        "MIXTURE_misspecification",
        "2605.02448",
        "2605.02448v2",
        "https://arxiv.org/abs/2605.02448",
        "https://arxiv.org/pdf/2605.02448v1.pdf",
        "arXiv:2605.02448",
    ],
)
def test_a_paper_is_found_in_any_pasted_form(name):
    assert catalogue.find(name).slug == "mixture-misspecification"


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("momnt closure", "moment-closure-validity"),
        ("gausian mixture", "mixture-misspecification"),
        ("multi agent sinergy", "multi-agent-synergy"),
        ("groking", "grokking-lazy-rich"),
        ("kpz synchronisation", "synchronization-kpz"),
        ("stochastic interpolant", "stochastic-interpolants"),
        ("boltzman machine", "monotone-boltzmann"),
        ("good regulator", "good-regulator"),
    ],
)
def test_misspelled_words_find_their_paper_first(words, slug):
    assert catalogue.search(words)[0].slug == slug


def test_what_cannot_be_found_is_one_sentence():
    with pytest.raises(ValueError, match="did you mean mixture-misspecification"):
        catalogue.find("mixture-misspecifcation")
    with pytest.raises(ValueError, match="search needs a word of at least three letters; got 'k'"):
        catalogue.search("k")
    with pytest.raises(ValueError, match="family must be one of reactions, spins"):
        catalogue.in_family("chemistry")
    assert catalogue.search("zzzqqq") == []
    assert catalogue.search('"; DROP TABLE paper; -- mixture')
