"""The API: what it says of itself holds under requests made to break it, and it runs the same jobs as the page."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phasebook import catalogue
from phasebook.web.application import create_application
from phasebook.web.settings import Settings

description = schemathesis.openapi.from_dict(create_application(Settings()).openapi())
OPERATIONS = {
    f"{found.ok().method.upper()} {found.ok().path}": found.ok() for found in description.get_all_operations()
}


def test_the_description_covers_the_api():
    assert {"GET /api/v1/papers", "POST /api/v1/jobs", "DELETE /api/v1/jobs/{identifier}"} <= OPERATIONS.keys()


@pytest.mark.parametrize("operation", OPERATIONS)
@given(data=st.data())
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_hostile_requests_get_an_answer_that_the_description_allows(reader, operation, data):
    negative = data.draw(st.booleans())
    mode = schemathesis.GenerationMode.NEGATIVE if negative else schemathesis.GenerationMode.POSITIVE
    try:
        case = data.draw(OPERATIONS[operation].as_strategy(generation_mode=mode))
    except schemathesis.errors.InvalidSchema:  # an operation without parameters cannot be asked wrongly
        case = data.draw(OPERATIONS[operation].as_strategy())
    sent = case.as_transport_kwargs(base_url="http://127.0.0.1:8000")
    sent.pop("cookies", None)
    if isinstance(sent.get("data"), (bytes, str)):
        sent["content"] = sent.pop("data")
    answer = reader.request(**sent)
    documented = {int(code) for code in OPERATIONS[operation].definition.raw["responses"]}
    # 404 and 405: a path parameter with a slash is another path. 400, 413: what is no HTTP, and what is too large.
    assert answer.status_code in documented | {400, 404, 405, 413, 422}, answer.text
    if answer.status_code in documented and answer.url.path.startswith("/api/"):
        assert answer.headers["content-type"] == "application/json"


def test_the_catalogue_and_the_records(reader):
    papers = reader.get("/api/v1/papers").json()
    assert [paper["slug"] for paper in papers] == list(catalogue.entries())
    paper = reader.get("/api/v1/papers/2601.17311").json()
    assert paper["slug"] == "multi-agent-synergy"
    [parameter] = [p for p in paper["experiments"][0]["parameters"] if p["name"] == "fidelity"]
    assert (parameter["kind"], parameter["allowed"]) == ("float", "a number in [0, 1]")
    assert reader.get("/api/v1/search", params={"q": "momnt closure"}).json()[0] == "moment-closure-validity"
    recorded = {row["paper"] for row in reader.get("/api/v1/records?family=populations").json()}
    assert "multi-agent-synergy" in recorded
    assert {catalogue.find(slug).family for slug in recorded} == {"populations"}


def test_theory_by_the_api(reader):
    address = "/api/v1/papers/multi-agent-synergy/experiments/root-bias/theory"
    rows = reader.get(address, params={"fidelity": "0.7"}).json()["rows"]
    assert [row[1] for row in rows if row[0] == "control_scalar_theory"] == ["1.015"]
    assert reader.get(address, params={"fidelity": "seven"}).status_code == 422


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"kind": "claim", "paper": "multi-agent-synergy", "claim": "no such claim"},
        {"kind": "claim", "paper": "nothing", "claim": "x"},
        {"kind": "claim", "paper": "multi-agent-synergy", "claim": "fixed-point", "seed": -1},
        {
            "kind": "experiment",
            "paper": "multi-agent-synergy",
            "experiment": "root-bias",
            "parameters": {"fidelity": "2"},
        },
        {"kind": "experiment", "paper": "multi-agent-synergy", "experiment": "root-bias", "parameters": {"x": "2"}},
        {"kind": "experiment", "paper": "multi-agent-synergy", "experiment": "root-bias", "extra": 1},
    ],
)
def test_wrong_jobs_are_refused_before_they_begin(reader, wanted):
    assert reader.post("/api/v1/jobs", json=wanted).status_code == 422
    assert reader.get("/api/v1/jobs").json() == []
