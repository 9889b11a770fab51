"""The emails that a laptop has sent: /dev/mail/."""

from dataclasses import replace

import pytest

from chalicelib.container import Container, install_container
from chalicelib.notifications.domain.email import Email
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings
from tests.factories import ok
from tests.http_client import HttpClient

JSON = {"Accept": "application/json"}


def send(container: Container, number: int, text: str = "Text") -> None:
    address = f"user{number}@example.com"
    container.email_sender.send(Email(f"{number}#user", address, f"Subject {number}", text, f"<p>{text}</p>"))


@pytest.mark.parametrize("path", ["/dev/mail", "/dev/mail/"])
def test_programs_get_sent_emails_newest_first(
    http: HttpClient, container: Container, clock: FixedClock, path: str
) -> None:
    send(container, 1)
    clock.advance(seconds=1)
    send(container, 2)

    response = ok(http.get(path, headers=JSON))

    assert response.headers["content-type"] == "application/json"
    assert response.json["items"] == [
        {
            "to": "user2@example.com",
            "subject": "Subject 2",
            "text": "Text",
            "html": "<p>Text</p>",
            "created_at": "2026-01-15T09:30:01.000Z",
        },
        {
            "to": "user1@example.com",
            "subject": "Subject 1",
            "text": "Text",
            "html": "<p>Text</p>",
            "created_at": "2026-01-15T09:30:00.000Z",
        },
    ]


def test_no_emails_are_an_empty_list(http: HttpClient) -> None:
    assert ok(http.get("/dev/mail/", headers=JSON)).json == {"items": []}


def test_browsers_get_a_page_with_escaped_texts_and_links(http: HttpClient, container: Container) -> None:
    send(container, 1, "<b>Open</b> https://example.com/app/#/verify?token=a.b&x=1 now")

    response = ok(http.get("/dev/mail/", headers={"Accept": "text/html"}))
    page = response.body.decode()

    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "require-trusted-types-for" in response.headers["content-security-policy"]
    assert "&lt;b&gt;Open&lt;/b&gt;" in page
    assert '<a href="https://example.com/app/#/verify?token=a.b&amp;x=1">' in page


def test_page_says_that_there_are_no_emails(http: HttpClient) -> None:
    assert "No emails yet." in ok(http.get("/dev/mail/", headers={"Accept": "*/*"})).body.decode()


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_other_stages_have_no_such_page(
    http: HttpClient, container: Container, settings: Settings, accept: str
) -> None:
    send(container, 1)
    install_container(
        Container(
            replace(settings, stage="dev", signing_secret_id="keys", bank_data_key_id="key"), clock=container.clock
        )
    )

    response = http.get("/dev/mail/", headers={"Accept": accept})

    assert response.status == 404
    assert b"user1@example.com" not in response.body
