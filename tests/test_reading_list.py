"""Importing papers: three forms of file, what cannot be read is listed, the book's own papers are not doubled."""

import datetime

import pytest

from phasebook import catalogue, reading_list
from phasebook.arxiv import arxiv_identifier
from phasebook.paper_import import read_papers

ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>query</title>
<entry><id>http://arxiv.org/abs/cond-mat/0601001v2</id><title>Glasses &amp;
  jamming</title><published>2006-01-02T10:00:00Z</published><summary> A &lt;b&gt;text&lt;/b&gt; </summary>
  <author><name>A</name></author><author><name>B</name></author></entry>
<entry><id>http://arxiv.org/abs/2401.00001</id><title></title><published>2024-01-01</published></entry>
</feed>"""
BIBTEX = r"""% comment
@string{prl = "Phys. Rev. Lett."}
@article{boehm, title={{Chaos in} a random \"{o}rdering}, author={A. B{\"o}hm and C D}, year=1988, journal=prl # " X",
  eprint={cond-mat/0601009}, abstract = {Short.}}
@misc(other, title="Series -- {$x^{2}$}", author="A and others", year="2020", url="https://arxiv.org/abs/2001.01234v2")
@article{broken, title={never closed, year=1999
@book{undated, title={No year}}
"""
PAGE = """new

Daily Papers

A first title

Its summary.

  • 2 authors
·
Nov 25, 2021

A second title

Its summary too.

  • 1 authors
·
May 6 3

No summary here
  • 3 authors
"""


@pytest.mark.parametrize(
    ("pasted", "identifier"),
    [
        ("2604.23489", "2604.23489"),
        ("arXiv:2604.23489v12", "2604.23489"),
        ("https://arxiv.org/pdf/2604.23489v3.pdf", "2604.23489"),
        ("https://huggingface.co/papers/2604.23489?x=1#y", "2604.23489"),
        ("https://doi.org/10.48550/arXiv.2604.23489", "2604.23489"),
        ("cond-mat/0601001v1", "cond-mat/0601001"),
        ("https://arxiv.org/abs/math.GT/0309136", "math/0309136"),
        ("2604.234891", None),
        ("a 2604 b", None),
        ("", None),
    ],
)
def test_identifiers_in_any_form(pasted, identifier):
    assert arxiv_identifier(pasted) == identifier


def test_an_atom_export(tmp_path):
    file = tmp_path / "query.xml"
    file.write_text(ATOM)
    reading = read_papers(file)
    [paper] = reading.papers
    assert (paper.title, paper.arxiv, paper.authors) == ("Glasses & jamming", "cond-mat/0601001", 2)
    assert paper.date == datetime.date(2006, 1, 2)
    assert paper.summary == "A <b>text</b>"
    assert len(reading.unread) == 1
    assert "entry 2" in reading.unread[0]


def test_bibtex(tmp_path):
    file = tmp_path / "papers.bib"
    file.write_text(BIBTEX)
    reading = read_papers(file)
    first, second = reading.papers
    assert (first.title, first.arxiv, first.year, first.authors) == (
        "Chaos in a random ördering",
        "cond-mat/0601009",
        1988,
        2,
    )
    assert first.summary == "Short."
    assert (second.title, second.arxiv, second.authors) == ("Series – {$x^{2}$}", "2001.01234", None)
    assert [line.partition(":")[0] for line in reading.unread] == ["line 6", "line 7 (undated)"]
    assert "and others" in reading.assumed[0]


def test_a_saved_page_of_daily_papers(tmp_path):
    file = tmp_path / "page.txt"
    file.write_text(PAGE)
    reading = read_papers(file, today=datetime.date(2026, 3, 1))
    first, second = reading.papers
    assert (first.title, first.summary, first.authors) == ("A first title", "Its summary.", 2)
    assert first.date == datetime.date(2021, 11, 25)
    assert second.date == datetime.date(2025, 5, 6)  # of a date without a year, the latest that has been
    assert "2025 is taken" in reading.assumed[0]
    assert {line.partition(":")[0] for line in reading.unread} == {"line 1", "line 3", "line 21", "line 22"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "nothing of the kind", "none of these"),
        ("a.xml", "<feed><unclosed>", "well-formed"),
        ("a.xml", "<html></html>", "outermost element"),
        ("a.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><feed/>', "entities"),
    ],
)
def test_what_is_no_list_of_papers(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_papers(tmp_path / name)
    with pytest.raises(ValueError, match="no file"):
        read_papers(tmp_path / "absent.txt")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(ValueError, match="UTF-8"):
        read_papers(tmp_path / "binary.txt")


def test_imported_papers_stand_beside_the_books_own(tmp_path):
    assert len(catalogue.entries()) == 41
    (tmp_path / "papers.bib").write_text(
        "@misc{a, title={Closed-form Continuous-time Neural Models}, year=2022}"  # the book's own, without its acronym
        "@misc{b, title={Linear equivalence, quite another}, eprint={2604.23489}, year=2026}"  # the book's own, by its id
        "@misc{c, title={A <script>hostile</script> title}, eprint={9901.00001}, year=1999}"
    )
    added = reading_list.add_papers(read_papers(tmp_path / "papers.bib").papers)
    assert len(added.new) == 3
    assert len(catalogue.entries()) == 42
    [mine] = catalogue.in_family("imported")
    assert (mine.status, mine.family, mine.arxiv) == ("planned", "imported", "9901.00001")
    assert catalogue.find("https://arxiv.org/abs/9901.00001v3") == mine
    assert catalogue.search("hostile")[0] == mine
    again = reading_list.add_papers(read_papers(tmp_path / "papers.bib").papers)
    assert (len(again.new), len(again.known)) == (0, 3)


def test_a_damaged_list_says_where(tmp_path):
    file = reading_list.reading_list_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('{"slug": "x"}\n')
    with pytest.raises(reading_list.ReadingListError, match="line 1"):
        catalogue.entries()
