"""The contact for reports of vulnerabilities: /.well-known/security.txt (RFC 9116)."""

from datetime import datetime, timedelta

import pytest

from chalicelib.shared.clock import utc_now
from chalicelib.shared.settings import InvalidSetting, read_settings
from tests.http_client import HttpClient

PATH = "/.well-known/security.txt"


def fields_of(text: str) -> dict[str, str]:
    """Return the fields by name; none may be repeated."""
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    assert len(fields) == len(text.splitlines())
    return fields


def test_security_txt_names_the_contact_and_expires_within_a_year(
    http: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECURITY_CONTACT", "https://example.com/security")

    response = http.get(PATH)

    fields = fields_of(response.body.decode())
    assert (response.status, response.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert fields["Contact"] == "https://example.com/security"
    assert timedelta(days=30) < datetime.fromisoformat(fields["Expires"]) - utc_now() < timedelta(days=365)


def test_security_txt_exists_on_a_laptop(http: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.delenv("SECURITY_CONTACT", raising=False)

    assert fields_of(http.get(PATH).body.decode())["Contact"] == "mailto:security@example.com"


def test_security_txt_without_a_contact_is_not_found(http: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.delenv("SECURITY_CONTACT", raising=False)

    assert http.get(PATH).status == 404


@pytest.mark.parametrize(
    "contact", ["security@example.com", "http://example.com", "mailto:a@b\nContact: x", "javascript:1"]
)
def test_invalid_contact_prevents_the_start(contact: str) -> None:
    with pytest.raises(InvalidSetting, match="SECURITY_CONTACT"):
        read_settings({"SECURITY_CONTACT": contact})
