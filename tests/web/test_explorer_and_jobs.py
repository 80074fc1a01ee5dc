"""The explorer and its jobs: what the command line checks is checked here too, and Cancel really kills."""

import json
import time
from pathlib import Path

import pytest

from phasebook.claims import load_paper
from phasebook.records import history
from phasebook.web import explorer, jobs
from tests.web.conftest import TOKEN

DATA = Path(__file__).parent.parent / "data"
SLUG = "multi-agent-synergy"
ROOT = f"/papers/{SLUG}/explore/root-bias"


def ended(reader, identifier: str, seconds: float = 120) -> dict:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job = reader.get(f"/api/v1/jobs/{identifier}").json()
        if job["state"] in jobs.ENDED:
            return job
        time.sleep(0.1)
    raise AssertionError(f"job did not end: {job}")


def test_controls_come_from_the_declarations(reader):
    page = reader.get(f"{ROOT}?fidelity=0.7").text
    for parameter in load_paper(SLUG).experiments["root-bias"].parameters.values():
        assert f'id="p-{parameter.name}"' in page
    assert 'name="fidelity" type="number" min="0" max="1" step="any" value="0.7"' in page
    assert "phasebook run multi-agent-synergy root-bias --fidelity 0.7" in page
    assert "&#34;fidelity&#34;: 0.7" in page


def test_a_logarithmic_slider_stands_where_its_number_is():
    experiment = load_paper(SLUG).experiments["allocation"]
    [budget] = [each for each in explorer.controls(experiment, {"budget": "1e6"}) if each.parameter.name == "budget"]
    assert budget.logarithmic
    assert budget.position == pytest.approx(explorer.STEPS / 2)


def test_theory_is_drawn_and_kept(reader):
    drawn = reader.get(f"{ROOT}/theory.json?fidelity=0.7").json()
    assert {row[0] for row in drawn["rows"]} >= {"root_bias_theory", "control_scalar_theory"}
    assert "doc" in drawn["item"]
    assert drawn["command"].endswith("--fidelity 0.7")
    again = reader.get(f"{ROOT}/theory.json?fidelity=0.7").json()
    assert again["seconds"] == drawn["seconds"]  # the kept one
    assert reader.get(f"{ROOT}/theory.png").content.startswith(b"\x89PNG")
    assert b"<svg" in reader.get(f"{ROOT}/theory.svg").content


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("fidelity=7", "fidelity must be a number in [0, 1]; got 7"),
        ("fidelity=nan", "fidelity must be"),
        ("shared=maybe", "shared must be one of"),
        ("nonsense=1", "unknown parameter 'nonsense'"),
        ("fan_in=4", "odd"),
    ],
)
def test_wrong_values_are_one_sentence(reader, query, message):
    answer = reader.get(f"{ROOT}/theory.json?{query}")
    assert answer.status_code == 422
    assert message in answer.json()["error"]
    assert reader.get(f"{ROOT}?{query}").status_code == 200


def test_a_measurement_is_a_job_whose_result_can_be_shared(reader):
    page = reader.send_form(f"{ROOT}/run", fidelity="0.7", depth="3", trees="50", seed="5", only="")
    identifier = str(page.url).rpartition("/")[2]
    events = reader.get(f"/jobs/{identifier}/events").text
    states = [
        json.loads(line.removeprefix("data: "))["state"] for line in events.splitlines() if line.startswith("data")
    ]
    assert states[-1] == "done"
    job = ended(reader, identifier)
    assert {row[0] for row in job["rows"]} >= {"root_bias_theory", "root_bias_simulation"}
    page = reader.get(f"/jobs/{identifier}").text
    assert "--fidelity 0.7 --depth 3 --trees 50 --seed 5" in page
    assert reader.get(f"/jobs/{identifier}/result.nc").content.startswith(b"\x89HDF")
    assert reader.get(f"/jobs/{identifier}/figure.png").content.startswith(b"\x89PNG")
    assert b"<svg" in reader.get(f"/jobs/{identifier}/figure.svg").content
    for name in ("job.json", "..%2fjob.json", "%2e%2e%2f%2e%2e%2fsubscribers.sqlite"):
        assert reader.get(f"/jobs/{identifier}/{name}").status_code == 404


def test_a_claim_is_measured_again_and_recorded(reader):
    page = reader.send_form(f"/papers/{SLUG}/claims/organization-exponent/measure", seed="4")
    job = ended(reader, str(page.url).rpartition("/")[2])
    assert (job["state"], job["verdict"]) == ("done", "holds")
    [record] = history(SLUG)
    assert (record.claim, record.seed, record.verdict) == ("organization-exponent", 4, "holds")
    assert job["seconds"] > 0


def test_cancel_kills_and_the_queue_goes_on(reader):
    start = {"kind": "claim", "paper": SLUG, "claim": "deep-tree"}
    running = reader.post("/api/v1/jobs", json=start).json()["id"]
    waiting = reader.post("/api/v1/jobs", json=start).json()["id"]
    quick = reader.post("/api/v1/jobs", json={"kind": "claim", "paper": SLUG, "claim": "mean-field-exponent"}).json()[
        "id"
    ]
    deadline = time.monotonic() + 60
    while reader.get(f"/api/v1/jobs/{running}").json()["state"] != "running" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert reader.delete(f"/api/v1/jobs/{waiting}").json()["state"] == "canceled"
    reader.send_form(f"/jobs/{running}/cancel")
    assert ended(reader, running)["state"] == "canceled"
    assert ended(reader, quick)["verdict"] == "holds"
    assert len(history(SLUG)) == 1


def test_the_queue_has_a_limit(reader):
    jobs_of = reader.app.state.jobs
    jobs_of.limit = 1
    start = {"kind": "claim", "paper": SLUG, "claim": "deep-tree"}
    answers = [reader.post("/api/v1/jobs", json=start) for _ in range(4)]
    assert answers[-1].status_code == 429
    assert "which is the limit" in answers[-1].json()["error"]
    for answer in answers[:-1]:
        if answer.status_code == 202:
            reader.delete(f"/api/v1/jobs/{answer.json()['id']}")


def test_jobs_of_an_earlier_run_are_remembered(tmp_path):
    first = jobs.Jobs(tmp_path, 5)
    done = first.submit("claim", SLUG, "mean-field-exponent")
    while not first.get(done.id).ended:
        first.wait(done.id, first.get(done.id), 10)
    first.close()
    second = jobs.Jobs(tmp_path, 5)
    assert second.get(done.id).verdict == "holds"
    second.close()


def test_files_are_kept_under_their_hash_and_paths_are_refused(reader, tmp_path):
    path = f"/papers/{SLUG}/explore/own-team"
    secret = tmp_path / "secret.csv"
    secret.write_text("agent,task,compute,correct\n")
    for text in (str(secret), "../../secret.csv", "upload:" + "0" * 64 + ".csv"):
        assert reader.get(f"{path}/theory.json", params={"answers": text}).status_code == 422
        wanted = {"kind": "experiment", "paper": SLUG, "experiment": "own-team", "parameters": {"answers": text}}
        assert reader.post("/api/v1/jobs", json=wanted).status_code == 422
    sent = {
        "answers_file": ("../../../etc/answers.csv", (DATA / "team_answers.csv").read_bytes(), "text/csv"),
        "messages_file": ("messages.json", (DATA / "team_messages.json").read_bytes(), "application/json"),
    }
    fields = {"form_token": reader.form_token(), "only": "theory", "answers": "synthetic", "messages": "synthetic"}
    answer = reader.post(f"{path}/run", data=fields, files=sent, follow_redirects=True)
    job = ended(reader, str(answer.url).rpartition("/")[2])
    assert job["state"] == "done", job["message"]
    kept = sorted((tmp_path / "web" / "uploads").iterdir(), key=lambda each: each.suffix)
    assert [each.suffix for each in kept] == [".csv", ".json"]
    assert all(len(each.stem) == 64 for each in kept)
    assert "your file" in reader.get(f"/jobs/{job['id']}").text
    assert str(tmp_path) not in reader.get(f"/jobs/{job['id']}").text
    assert str(tmp_path) not in json.dumps(job)
    wrong = {"answers_file": ("answers.exe", b"MZ", "application/octet-stream")}
    assert reader.post(f"{path}/run", data=fields, files=wrong).status_code == 422


def test_a_sent_file_is_read_by_the_jobs_process_alone_and_all_else_is_checked_at_once(reader, tmp_path):
    path = f"/papers/{SLUG}/explore/own-team"
    fields = {"form_token": reader.form_token(), "only": "theory", "messages": "synthetic"}
    sent = {"answers_file": ("answers.csv", b"agent,task\n1", "text/csv")}
    answer = reader.post(f"{path}/run", data=fields, files=sent, follow_redirects=True)
    job = ended(reader, str(answer.url).rpartition("/")[2])
    assert job["state"] == "failed"
    assert "your file (answers) lacks column" in job["message"]
    (kept,) = (tmp_path / "web" / "uploads").iterdir()
    reference = {"answers": f"upload:{kept.name}"}
    assert "lacks column" not in reader.get(path, params=reference).text
    assert "budget must be" in reader.get(path, params={**reference, "budget": "-1"}).text
    assert reader.post(f"{path}/run", data={**fields, **reference, "budget": "-1"}).status_code == 422


def test_forms_of_other_sites_are_refused(reader):
    path = f"/papers/{SLUG}/claims/fixed-point/measure"
    assert reader.post(path, data={"seed": "0"}).status_code == 403
    assert reader.post(path, data={"form_token": "guess"}).status_code == 403
    token = reader.form_token()
    other = reader.post(path, data={"form_token": token}, headers={"Origin": "https://evil.example"})
    assert other.status_code == 403
    start = {"kind": "claim", "paper": SLUG, "claim": "fixed-point"}
    assert reader.post("/api/v1/jobs", json=start, headers={"Origin": "null"}).status_code == 403
    assert reader.get("/", headers={"Host": "evil.example"}).status_code == 421
    assert history(SLUG) == []


def test_a_public_page_wants_its_token_and_counts_requests(public):
    start = {"kind": "claim", "paper": SLUG, "claim": "organization-exponent"}
    assert public.post("/api/v1/jobs", json=start).status_code == 401
    assert "Measure</button>" not in public.get(f"/papers/{SLUG}").text
    assert public.post("/api/v1/jobs", json=start, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 202
    assert public.send_form("/token", token="wrong").status_code == 403
    assert public.send_form("/token", token=TOKEN).status_code == 200
    assert "Measure</button>" in public.get(f"/papers/{SLUG}").text
    codes = [public.get("/subscribe").status_code for _ in range(70)]
    assert codes[-1] == 429


def test_large_bodies_are_refused(reader):
    answer = reader.post("/api/v1/jobs", content=b"x", headers={"Content-Length": "99999999999"})
    assert answer.status_code == 413
