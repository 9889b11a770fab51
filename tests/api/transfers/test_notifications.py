"""Notifications of the provider: signatures, duplicates, refusals, and what operators see."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from chalicelib.container import Container, install_container
from chalicelib.shared.clock import FixedClock, to_millis, utc_now
from chalicelib.shared.settings import Settings
from chalicelib.shared.webhook_signatures import secret_bytes
from chalicelib.transfers.providers.signatures import NotificationSigner
from tests.api.transfers.conftest import Provider, settled_deposit, start_deposit
from tests.engines import Storage
from tests.factories import UNKNOWN_ID, User, UserFactory
from tests.http_client import HttpClient, Response

START = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"a secret of the provider").decode()
PATH = "/api/provider/notifications/"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, provider_webhook_secret=SECRET)


@pytest.fixture
def user(user_factory: UserFactory) -> User:
    return user_factory.lender()


def body_of(deposit: Any, **data: Any) -> bytes:
    content = {"type": "transfer.settled", "timestamp": "2026-01-15T09:30:00Z"}
    return json.dumps({**content, "data": {"transfer_id": deposit["id"], **data}}).encode()


def headers_of(body: bytes, *, event_id: str = "msg_1", age: int = 0, secret: str = SECRET) -> dict[str, str]:
    """The headers that the reference implementation sends."""
    sent_at = START - timedelta(seconds=age)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, sent_at, body.decode()),
    }


def status(user: User, deposit: Any) -> str:
    return str(user.call("GET", f"/api/transfers/{deposit['id']}/")["status"])


def test_signature_of_the_reference_implementation_is_accepted(http: HttpClient, user: User) -> None:
    deposit = start_deposit(user, "5.00")
    body = body_of(deposit)

    received = http.post(PATH, raw=body, headers=headers_of(body))

    assert (received.status, received.json) == (200, {"status": "received"})
    assert status(user, deposit) == "SETTLED"


def test_reference_implementation_accepts_our_signature() -> None:
    signer = NotificationSigner(lambda: (secret_bytes(SECRET),), utc_now)
    body = b'{"type": "transfer.settled"}'

    assert Webhook(SECRET).verify(body, signer.sign("msg_1", body)) == json.loads(body)


def test_one_valid_signature_among_several_is_enough(http: HttpClient, user: User) -> None:
    deposit = start_deposit(user, "5.00")
    body = body_of(deposit)
    headers = headers_of(body)
    other = headers_of(body, secret="whsec_" + "b3RoZXI=" * 4)["webhook-signature"]
    headers["webhook-signature"] = f"v1a,x {other} {headers['webhook-signature']}"

    assert http.post(PATH, raw=body, headers=headers).status == 200

    assert status(user, deposit) == "SETTLED"


def changed(headers: dict[str, str], **changes: str) -> dict[str, str]:
    return {**headers, **{name.replace("_", "-"): value for name, value in changes.items()}}


def bad_headers(body: bytes) -> Iterator[dict[str, str]]:
    """Yield headers of which each set has one defect."""
    good = headers_of(body)
    for name in good:
        yield {other: value for other, value in good.items() if other != name}
        yield changed(good, **{name.replace("-", "_"): ""})
    yield headers_of(body + b" ")
    yield headers_of(body, age=301)
    yield headers_of(body, age=-301)
    yield headers_of(body, secret="whsec_" + "b3RoZXI=" * 4)
    yield changed(good, webhook_id="msg_2")
    yield changed(good, webhook_timestamp=str(int(good["webhook-timestamp"]) + 1))
    yield changed(good, webhook_timestamp="soon")
    yield changed(good, webhook_timestamp="9" * 400)
    yield changed(good, webhook_signature="v2," + good["webhook-signature"].removeprefix("v1,"))
    yield changed(good, webhook_signature=good["webhook-signature"].removeprefix("v1,"))
    yield changed(good, webhook_signature="v1,")
    yield changed(good, webhook_signature="v1," + "é")


def test_invalid_signatures_are_rejected(http: HttpClient, user: User, tables: Storage) -> None:
    deposit = start_deposit(user, "5.00")
    body = body_of(deposit)
    before = tables.items("transfers")

    responses = [http.post(PATH, raw=body, headers=headers) for headers in bad_headers(body)]

    assert {(response.status, response.code) for response in responses} == {(401, "invalid_signature")}
    assert tables.items("transfers") == before


@pytest.mark.parametrize("age", [299, -299])
def test_timestamp_may_be_five_minutes_off(http: HttpClient, user: User, age: int) -> None:
    deposit = start_deposit(user, "5.00")
    body = body_of(deposit)

    assert http.post(PATH, raw=body, headers=headers_of(body, age=age)).status == 200


def test_test_clock_does_not_move_the_timestamp(
    http: HttpClient, user: User, clock: FixedClock, settings: Settings
) -> None:
    body = body_of(start_deposit(user, "5.00"))
    ahead = FixedClock(START + timedelta(days=10))
    install_container(Container(settings, clock=ahead, real_time=clock))

    assert http.post(PATH, raw=body, headers=headers_of(body)).status == 200


def test_notifications_verify_after_a_rotation_of_keys(http: HttpClient, user: User, container: Container) -> None:
    old, new = b"o" * 32, b"n" * 32
    body = body_of(start_deposit(user, "5.00"))
    signed = NotificationSigner(lambda: (old,), utc_now).sign("msg_1", body)

    assert NotificationSigner(lambda: (new, old), utc_now).verify(signed, body) == "msg_1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"{" * 60_000,
        b'{"type": "transfer.paid", "data": {"transfer_id": "%s"}}' % UNKNOWN_ID.encode(),
        b'{"type": "transfer.settled", "data": {"transfer_id": "1"}}',
        b'{"type": "transfer.settled", "data": {"transfer_id": "%s", "amount": 5.005}}' % UNKNOWN_ID.encode(),
        b'{"type": "transfer.failed", "data": {"transfer_id": "%s", "failure_code": "\\n"}}' % UNKNOWN_ID.encode(),
    ],
)
def test_signed_body_of_another_form_is_rejected(container: Container, http: HttpClient, body: bytes) -> None:
    headers = container.notification_signer.sign("msg_1", body)

    assert http.post(PATH, raw=body, headers=headers).status == 422


def test_duplicates_have_one_effect(provider: Provider, user: User) -> None:
    deposit = start_deposit(user, "5.00")

    responses = [provider.send(deposit["id"], "settled", event_id="evt") for _ in range(3)]

    assert [response.status for response in responses] == [200] * 3
    assert user.balance() == "5.00"


def test_reused_id_of_a_notification_frees_no_money(
    provider: Provider, user: User, bank_account: Callable[[User], str]
) -> None:
    deposit = start_deposit(user, "100.00")
    provider.send(deposit["id"], "settled", event_id="evt")
    request = {"amount": "30.00", "bank_account_id": bank_account(user)}
    withdrawal = user.call("POST", "/api/wallets/withdraw/", request)["transfer"]

    assert provider.send(deposit["id"], "returned", event_id="evt").status == 200

    assert user.call("GET", f"/api/transfers/{withdrawal['id']}/")["status"] == "REQUESTED"
    assert user.call("GET", f"/api/transfers/{deposit['id']}/")["status"] == "SETTLED"


def test_revoked_token_returns_no_deposit(
    user: User, bank_account: Callable[[User], str], container: Container
) -> None:
    deposit = settled_deposit(user, "100.00")
    request = {"amount": "30.00", "bank_account_id": bank_account(user)}
    withdrawal = user.call("POST", "/api/wallets/withdraw/", request)["transfer"]
    writes = container.transfers.writes()
    container.wallets.add_revocation(writes, user.id, to_millis(container.real_time()) + 60_000)
    writes.commit()

    response = user.http.send("POST", f"/api/sandbox/transfers/{deposit['id']}/return/")

    assert (response.status, response.code) == (401, "token_revoked")
    assert user.call("GET", f"/api/transfers/{withdrawal['id']}/")["status"] == "REQUESTED"


@pytest.mark.parametrize("data", [{}, {"amount": "4.99"}])
def test_impossible_notification_is_listed_for_operators(
    provider: Provider, user: User, user_factory: UserFactory, data: dict[str, str]
) -> None:
    deposit, operator = start_deposit(user, "5.00"), user_factory.operator()
    if not data:
        provider.send(deposit["id"], "settled")

    for _ in range(2):
        assert provider.send(deposit["id"], "failed", event_id="evt", failure_code="AM04", **data).status == 200

    [listed] = operator.call("GET", "/api/admin/transfers/notifications/")["items"]
    assert (listed["id"], listed["transfer_id"], listed["type"]) == ("evt", deposit["id"], "transfer.failed")
    assert (listed["amount"], listed["failure_code"]) == (data.get("amount"), "AM04")
    assert ("4.99" in listed["reason"]) if data else ("cannot become FAILED" in listed["reason"])
    assert status(user, deposit) == ("PENDING" if data else "SETTLED")


def test_notification_about_an_unknown_transfer_is_listed(provider: Provider, user_factory: UserFactory) -> None:
    for _ in range(2):
        assert provider.send(UNKNOWN_ID, "settled", event_id="evt").status == 200

    [listed] = user_factory.operator().call("GET", "/api/admin/transfers/notifications/")["items"]
    assert (listed["transfer_id"], listed["reason"]) == (UNKNOWN_ID, "There is no such transfer.")


def test_operators_list_transfers_of_everyone(provider: Provider, user_factory: UserFactory, clock: FixedClock) -> None:
    operator, deposits = user_factory.operator(), []
    for number in range(3):
        deposits.append(start_deposit(user_factory.lender(), f"{number + 1}.00"))
        clock.advance(seconds=1)
    provider.send(deposits[1]["id"], "settled")

    def amounts(query: str) -> list[str]:
        return [each["amount"] for each in operator.call("GET", f"/api/admin/transfers/{query}")["items"]]

    assert amounts("") == ["3.00", "2.00", "1.00"]
    assert amounts("?status=PENDING") == ["3.00", "1.00"]
    assert amounts("?status=SETTLED&direction=DEPOSIT") == ["2.00"]
    assert amounts("?direction=WITHDRAWAL") == []
    first = operator.call("GET", "/api/admin/transfers/?limit=2")
    rest = operator.call("GET", f"/api/admin/transfers/?limit=2&cursor={first['next_cursor']}")
    assert [each["amount"] for each in first["items"] + rest["items"]] == ["3.00", "2.00", "1.00"]
    assert rest["next_cursor"] is None


def test_stored_deposit_of_another_provider_still_settles(
    provider: Provider, user: User, settings: Settings, clock: FixedClock, http: HttpClient
) -> None:
    deposit = start_deposit(user, "5.00")
    instant = Settings().payment_provider
    install_container(Container(replace(settings, payment_provider=instant), clock=clock, real_time=clock))

    response: Response = provider.send(deposit["id"], "settled")

    assert response.status == 200
    assert status(user, deposit) == "SETTLED"
    assert [each["id"] for each in user.call("GET", "/api/transfers/")["items"]] == [deposit["id"]]


def test_secret_of_the_cloud_signs_notifications(settings: Settings, clock: FixedClock, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(json.dumps({"kid": "1", "key": "k" * 64, "provider_webhook_secret": SECRET}))
    stored = replace(settings, provider_webhook_secret="", signing_key_file=str(file))
    container = Container(stored, clock=clock, real_time=clock)

    signed = container.notification_signer.sign("msg_1", b"{}")

    assert signed == headers_of(b"{}")
