"""Readiness of a deployment that sends emails."""

from dataclasses import replace

import pytest

from chalicelib.container import Container, install_container
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import InvalidSetting, Settings, read_settings
from tests.http_client import HttpClient

SENDER = "no-reply@example.com"


@pytest.mark.parametrize(
    ("stage", "sender", "status"),
    [("local", "", 200), ("dev", "", 200), ("staging", "", 503), ("prod", "", 503), ("prod", SENDER, 200)],
)
def test_stages_with_real_users_need_a_sender_of_emails(
    http: HttpClient, settings: Settings, clock: FixedClock, stage: str, sender: str, status: int
) -> None:
    changed = replace(settings, stage=stage, mail_from=sender, signing_secret_id="keys", bank_data_key_id="key")
    install_container(Container(changed, clock=clock, real_time=clock))

    response = http.get("/health/ready")

    assert response.status == status
    assert status == 200 or response.code == "mail_not_configured"
    assert http.get("/health").status == 200


@pytest.mark.parametrize("address", ["example.com", "Lending <no-reply@example.com>", "a@b", "a@example.com, b@c.de"])
def test_invalid_sender_prevents_the_start(address: str) -> None:
    with pytest.raises(InvalidSetting, match="MAIL_FROM"):
        read_settings({"MAIL_FROM": address})


def test_folder_of_emails_is_in_the_data_directory() -> None:
    assert read_settings({"DATA_DIR": "/data"}).mail_folder == "/data/mail"
    assert read_settings({}).mail_folder == ".local/mail"
