"""The pages: everything that the book knows, escaped, reachable, and in the same words as the command."""

import csv
import io
from xml.etree import ElementTree

import pytest

from phasebook import catalogue, reading_list
from phasebook.claims import load_paper
from phasebook.records import Record, add_records
from phasebook.web.typesetting import typeset
from tests.web.conftest import texts

SLUG = "multi-agent-synergy"


def verdict(claim: str, verdict: str, time: str, seed: int = 0) -> Record:
    evidence = {
        "measured": 0.5,
        "stderr": 0.1,
        "predicted": 0.4,
        "tolerance": 0.2,
        "relation": "=",
        "statement": "It is so.",
    }
    return Record(SLUG, claim, "quick", seed, verdict, "", evidence, 1.0, 0, "x", time=time)


@pytest.mark.parametrize(
    ("formula", "html"),
    [
        ("q^(P−1)", "q<sup>P−1</sup>"),
        ("x_i + N^2", "x<sub>i</sub> + N<sup>2</sup>"),
        ("Σ_{i<j} e^(−(x_i)²)", "Σ<sub>i&lt;j</sub> e<sup>−(x<sub>i</sub>)²</sup>"),
        ("c* _ ^ f^(", "c* _ ^ f^("),
        ("<b>^<i>", "&lt;b&gt;^&lt;i&gt;"),
    ],
)
def test_formulas_are_set_with_raised_and_lowered_parts_and_nothing_else_is_markup(formula, html):
    assert str(typeset(formula)) == html


def test_the_feed_is_dated_and_filtered(reader):
    page = reader.get("/").text
    assert "41 papers" in texts(page)
    assert page.index("May 13, 2026") < page.index("May 4, 2026") < page.index("January 24, 2026")
    assert 'class="verdict planned"' in page
    assert f'href="/papers/{SLUG}"' in page
    papers = catalogue.entries().values()
    for query, chosen in (
        ("family=reactions", [paper for paper in papers if paper.family == "reactions"]),
        ("status=planned", [paper for paper in papers if paper.status == "planned"]),
        ("date=2026-05", [paper for paper in papers if paper.published.startswith("2026-05")]),
        ("date=2026-05-04", [paper for paper in papers if paper.published == "2026-05-04"]),
        ("date=2014", [paper for paper in papers if paper.year == 2014]),
    ):
        found = reader.get(f"/?{query}").text
        assert chosen, query
        assert f"{len(chosen)} paper" in texts(found), query
        assert all(f'href="/papers/{paper.slug}"' in found for paper in chosen)
        assert found.count("<article") == len(chosen)
    for query in ("family=nothing", "date=99", "date=2026-5", "status=x", "number=99"):
        assert reader.get(f"/?{query}").status_code == 404


@pytest.mark.parametrize("name", [SLUG, "moment-closure-validity", "mixture-misspecification"])
def test_a_papers_page_says_what_the_paper_says(reader, name):
    paper, page = load_paper(name), reader.get(f"/papers/{name}")
    assert page.status_code == 200
    said = texts(page.text)
    for claim in paper.claims.values():
        assert f'id="{claim.name}"' in page.text
    for experiment in paper.experiments:
        assert f"/papers/{name}/explore/{experiment}" in page.text
    assert "Where it stops being true" in said
    markdown = reader.get(f"/papers/{name}.md").text
    assert markdown.startswith(f"# {paper.entry.title}")
    assert all(f"`{claim}`" in markdown for claim in paper.claims)
    table = reader.get(f"/papers/{name}.json").json()
    assert [each["claim"] for each in table["claims"]] == list(paper.claims)
    assert "@misc" in reader.get(f"/papers/{name}.bib").text


def test_a_planned_paper_says_so(reader):
    assert "without experiments or claims yet" in texts(reader.get("/papers/parallel-complex-diffusion").text)
    assert reader.get("/papers/nothing").status_code == 404


@pytest.mark.parametrize("pasted", ["2601.17311", "2601.17311v2", "https://arxiv.org/abs/2601.17311"])
def test_pasted_identifiers_find_their_paper(reader, pasted):
    assert str(reader.get(f"/arxiv/{pasted}").url).endswith(f"/papers/{SLUG}")
    assert str(reader.get("/search", params={"q": pasted}).url).endswith(f"/papers/{SLUG}")


def test_search_forgives_and_marks(reader):
    part = reader.get("/search", params={"q": "momnt closure"}, headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert part.index("moment-closure-validity") < part.index("active-fluid-closures")
    assert "<mark>" in part
    assert "Nothing found" in reader.get("/search?q=zz").text


def test_ours_and_yours_stand_in_separate_columns(reader):
    add_records([verdict("fixed-point", "fails", "2099-01-01T00:00:00+00:00", 3)])
    rows = reader.get("/records.json").json()
    [row] = [row for row in rows if row["claim"] == "fixed-point"]
    assert (row["ours_verdict"], row["yours_verdict"], row["yours_seed"]) == ("holds", "fails", 3)
    assert row["yours_measured"] == "0.5 ± 0.1"
    table = list(csv.DictReader(io.StringIO(reader.get("/records.csv").text)))
    assert len(table) == len(rows)
    assert "2099-01-01" in reader.get("/records").text


def test_earlier_verdicts_are_a_spark_line(reader):
    add_records(
        [
            verdict("fixed-point", v, f"2099-01-0{n}T00:00:00+00:00")
            for n, v in enumerate(("holds", "fails", "holds"), 1)
        ]
    )
    page = reader.get(f"/papers/{SLUG}").text
    assert '<circle class="fails" cx="12.0"' in page


def test_the_atom_feed_tells_what_changed(reader):
    add_records([verdict("fixed-point", "fails", "2099-01-01T00:00:00+00:00")])
    answer = reader.get("/feed.xml")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.content)
    atom = "{http://www.w3.org/2005/Atom}"
    entries = feed.findall(f"{atom}entry")
    assert entries[0].findtext(f"{atom}title").endswith("fixed-point fails")
    assert len({entry.findtext(f"{atom}id") for entry in entries}) == len(entries)
    kinds = {entry.find(f"{atom}category").get("term") for entry in entries}
    assert kinds == {"new paper", "newly built", "changed verdict"}
    few = ElementTree.fromstring(reader.get("/feed.xml?family=reactions&keyword=closure").content)
    assert 0 < len(few.findall(f"{atom}entry")) < len(entries)


def test_imported_words_are_hostile(reader):
    title = '<script>alert(1)</script> "&\u0001 ]]> {{ 7*7 }} | # heading'
    paper = reading_list.ListedPaper("evil", title, "", 2099, None, None, "=cmd() <img src=x onerror=alert(1)>")
    reading_list.add_papers([paper])
    for path in ("/?family=imported", "/papers/evil", "/search?q=alert"):
        page = reader.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "{{ 7*7 }}" in page
    assert "<script" not in reader.get("/papers/evil.md").text
    ElementTree.fromstring(reader.get("/feed.xml").content)


def test_every_answer_is_guarded(reader):
    for path in ("/", f"/papers/{SLUG}", "/records.csv", "/nothing", "/static/page.js"):
        headers = reader.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    explorer = reader.get(f"/papers/{SLUG}/explore/root-bias").headers["content-security-policy"]
    assert "script-src 'self';" in explorer
    assert "style-src 'self' 'unsafe-inline'" in explorer


def test_no_page_has_a_script_or_style_of_its_own(reader):
    for path in ("/", f"/papers/{SLUG}", f"/papers/{SLUG}/explore/root-bias", "/records", "/jobs", "/subscribe"):
        page = reader.get(path).text
        assert "<script>" not in page
        assert "<style" not in page
        assert " style=" not in page
        assert "onclick" not in page
        assert "http://" not in page.replace("http://127.0.0.1:8000", "")  # nothing from the network but links to arXiv
