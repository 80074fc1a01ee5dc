"""The page in a real browser, as a reader uses it: search, slider, job, cancel, claim, subscription; no error in the console."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright import sync_api

from tests.web.mail_server import mail_server

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]
SLUG = "multi-agent-synergy"
SERVER = """
import sys
from phasebook import cli
if __name__ == "__main__":
    sys.argv = ["phasebook", "serve", *sys.argv[1:]]
    cli.main()
"""


def start_server(folder: Path, *options: str, **variables: str) -> tuple[subprocess.Popen, str]:
    """`phasebook serve` in a process of its own, and its address."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = folder / "server.py"
    script.write_text(SERVER)
    environment = {
        **os.environ,
        "PHASEBOOK_DATA": str(folder / "data"),
        "PHASEBOOK_RECORDS": str(folder / "records.sqlite"),
        **variables,
    }
    server = subprocess.Popen(
        [sys.executable, str(script), "--port", str(port), *options],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server, f"http://127.0.0.1:{port}"
        time.sleep(0.1)
    server.kill()
    raise AssertionError("the page did not start")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    server, url = start_server(tmp_path_factory.mktemp("page"))
    yield url
    server.terminate()
    server.wait(timeout=30)


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    problems = []

    def heard(message):
        # The browser itself reports the answer 422, by which a wrong value is told and which the page then shows.
        if message.type in ("error", "warning") and "status of 422" not in message.text:
            problems.append(message.text)

    opened.on("console", heard)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.set_default_timeout(60_000)
    yield opened
    context.close()
    assert problems == []


def test_search_as_one_types_and_open_a_paper(page, address):
    page.goto(address)
    assert "Papers that run on your machine" in page.inner_text("h1")
    page.locator("#q").press_sequentially("momnt closure")
    page.locator("#hits article a").first.click()
    page.wait_for_url("**/papers/moment-closure-validity")
    assert page.locator("#schloegl-window").count() == 1


def test_a_slider_moves_the_theory_and_a_job_measures_it(page, address):
    page.goto(f"{address}/papers/{SLUG}/explore/root-bias")
    page.wait_for_selector("[data-drawn='1']")
    assert page.locator("#figure canvas").count() > 0
    control_scalar = page.locator("#numbers tr", has_text="control_scalar_theory").locator("td").nth(1)
    before = control_scalar.inner_text()
    page.locator("input.range").nth(1).fill("280")
    page.wait_for_selector("[data-drawn='2']")
    assert control_scalar.inner_text() != before
    assert page.locator("#p-fidelity").input_value() == "0.7"
    assert "--fidelity 0.7" in page.inner_text("#command")
    assert "fidelity=0.7" in page.url
    page.locator("#p-trees").fill("100")
    page.locator("#run button").click()
    page.wait_for_url("**/jobs/*")
    page.wait_for_selector("text=NetCDF")
    page.wait_for_selector("#figure canvas")
    assert page.locator("code", has_text="root_bias_simulation").count() == 1


def test_a_wrong_value_is_said_on_the_page(page, address):
    page.goto(f"{address}/papers/{SLUG}/explore/root-bias")
    page.wait_for_selector("[data-drawn='1']")
    with page.expect_response("**/theory.json*") as answer:
        page.locator("#p-fan_in").fill("4")
    assert answer.value.status == 422
    page.wait_for_selector("#problem:not([hidden])")
    assert "odd" in page.inner_text("#problem")


def test_a_claim_is_measured_and_its_verdict_stays(page, address):
    page.goto(f"{address}/papers/{SLUG}")
    page.locator("#organization-exponent button").click()
    page.wait_for_selector(".big .verdict")
    assert page.inner_text(".big .verdict") == "holds"
    page.goto(f"{address}/papers/{SLUG}#organization-exponent")
    assert "holds" in page.locator("#organization-exponent td").nth(4).inner_text()


def test_cancel_ends_the_process(page, address):
    page.goto(f"{address}/papers/{SLUG}")
    before = _workers()  # the one that draws theory stays
    page.locator("#deep-tree button").click()
    page.wait_for_selector("#clock:has-text('units')")
    deadline = time.monotonic() + 20
    while not (workers := _workers() - before) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert workers
    page.locator("#cancel").click()
    page.wait_for_selector(".verdict.canceled")
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{number}").exists() for number in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(Path(f"/proc/{number}").exists() for number in workers)


def test_without_a_script_everything_but_sliders_works(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{address}/search?q=momnt+closure")
    page.locator("main article a").first.click()
    assert page.url.endswith("/papers/moment-closure-validity")
    page.goto(f"{address}/papers/{SLUG}/explore/root-bias")
    page.locator("#p-fidelity").fill("0.7")
    page.locator("#redraw").click()
    page.wait_for_url("**fidelity=0.7**", wait_until="load")
    assert page.locator("img[alt='Theory at these parameters']").evaluate("image => image.naturalWidth") > 100
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_the_screen(browser, address, width):
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    for path in ("/", f"/papers/{SLUG}", f"/papers/{SLUG}/explore/root-bias", "/records", "/jobs", "/subscribe"):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


def test_subscribe_and_confirm_through_the_mail(page, tmp_path):
    with mail_server() as (box, port):
        variables = {
            "PHASEBOOK_TOKEN": "a token of this test alone",
            "PHASEBOOK_SMTP_HOST": "127.0.0.1",
            "PHASEBOOK_SMTP_PORT": str(port),
            "PHASEBOOK_SMTP_ENCRYPTION": "none",
            "PHASEBOOK_MAIL_FROM": "book@example.org",
        }
        server, url = start_server(tmp_path, "--public", **variables)
        try:
            page.goto(f"{url}/subscribe")
            page.locator("input[name=address]").fill("me@example.org")
            page.locator("main form button").click()
            page.wait_for_selector("text=Look into your mailbox")
            [mail] = box.to("me@example.org")
            link = re.search(r"http\S+/confirm/\S+", mail.get_body(("plain",)).get_content())[0]
            page.goto(link)
            page.locator("main form button").click()
            page.wait_for_selector("text=Subscribed")
        finally:
            server.terminate()
            server.wait(timeout=30)


def _workers() -> set[int]:
    """Worker processes of the servers that these tests started."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            server = Path(f"/proc/{parent}/cmdline").read_bytes()
        except OSError:
            continue
        if b"spawn_main" in words and b"server.py" in server:
            found.add(int(folder.name))
    return found
