"""A page in this process, with its own folders; its jobs run in processes of their own, as for a reader."""

import re

import pytest
from fastapi.testclient import TestClient

from phasebook.web.application import create_application
from phasebook.web.settings import MailSettings, Settings

TOKEN = "a token of this test alone"


class Reader(TestClient):
    """A reader with a cookie, who sends forms as a browser does."""

    def form_token(self, path: str = "/") -> str:
        """The token that the forms of a page carry."""
        self.get(path)
        return self.cookies["phasebook_form"]

    def send_form(self, path: str, **fields):
        """Post a form with its token."""
        return self.post(path, data={"form_token": self.form_token(), **fields}, follow_redirects=True)


@pytest.fixture
def reader(tmp_path):
    with Reader(create_application(Settings(folder=tmp_path / "web")), base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.fixture
def public(tmp_path):
    """A public page; nothing listens where its mail server should be."""
    mail = MailSettings("127.0.0.1", 9, "book@example.org", "none", seconds=2)
    settings = Settings(
        url="https://book.example.org",
        public=True,
        token=TOKEN,
        mail=mail,
        folder=tmp_path / "web",
        requests_per_minute=60,
    )
    with Reader(create_application(settings), base_url="https://book.example.org") as client:
        yield client


def texts(html: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
