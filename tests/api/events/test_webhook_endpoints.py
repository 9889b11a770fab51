"""Webhook endpoints: addresses, types, the limit, secrets shown once, changes, and who may do what."""

from typing import Any, Final

import pytest

from chalicelib.container import Container
from chalicelib.events.domain.webhook import MAX_ENDPOINTS
from chalicelib.events.service.webhook_client import WebhookClient
from tests.factories import User, UserFactory, ok
from tests.http_client import Response
from tests.paging import all_of
from tests.queues import RecordingQueue
from tests.unit.events.test_addresses import HOSTILE_URLS
from tests.webhook_routes import WEBHOOK_ENDPOINT

ROUTE: Final = "/api/webhook-endpoints/"
UNKNOWN_ID: Final = "7" * 26
LOOPBACK: Final = ("127.0.0.1/", "localhost/", "LOCALHOST/", "api.localhost/", "[::1]/")
"""Hosts that the stage local accepts."""


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender()


def create(user: User, **fields: Any) -> dict[str, Any]:
    created: dict[str, Any] = user.call("POST", ROUTE, {**WEBHOOK_ENDPOINT, **fields})
    return created


def assert_field_rejected(response: Response, field: str) -> None:
    assert (response.status, response.code) == (422, "invalid_request")
    assert [each["field"] for each in response.json["errors"]] == [field]


def test_secret_is_shown_once(lender: User) -> None:
    created = create(lender, description=" mine ")

    shown = lender.call("GET", f"{ROUTE}{created['id']}/")

    assert created.pop("secret").startswith("whsec_")
    assert shown == created
    assert lender.call("GET", ROUTE)["items"] == [created]
    assert {name: value for name, value in created.items() if name not in ("id", "created_at")} == {
        **WEBHOOK_ENDPOINT,
        "description": "mine",
        "enabled": True,
        "disabled_reason": None,
        "previous_secret_expires_at": None,
    }


def test_stored_secret_is_encrypted(lender: User, container: Container) -> None:
    created = create(lender)

    endpoint = container.endpoint_repository.find(lender.id, created["id"])

    assert endpoint is not None
    assert created["secret"].removeprefix("whsec_") not in repr(endpoint)


@pytest.mark.parametrize("url", [url for url in HOSTILE_URLS if url.removeprefix("https://") not in LOOPBACK])
def test_hostile_address_is_rejected(url: str, lender: User) -> None:
    assert_field_rejected(lender.http.post(ROUTE, {**WEBHOOK_ENDPOINT, "url": url}), "url")
    assert lender.call("GET", ROUTE)["items"] == []


@pytest.mark.parametrize("host", [*LOOPBACK, "127.0.0.1:8080/hooks"])
def test_loopback_is_rejected_outside_the_stage_local(host: str, lender: User, container: Container) -> None:
    container.webhook_client.allow_loopback = False

    for scheme in ("http", "https"):
        response = lender.http.post(ROUTE, {**WEBHOOK_ENDPOINT, "url": f"{scheme}://{host}"})
        assert_field_rejected(response, "url")


@pytest.mark.parametrize(
    ("answers", "status"),
    [(["93.184.215.14"], 201), (["10.0.0.1"], 422), (["93.184.215.14", "fd00:ec2::254"], 422), ([], 201)],
    ids=["public", "private", "one of two private", "unknown for now"],
)
def test_name_is_resolved_when_it_is_given(answers: list[str], status: int, lender: User, container: Container) -> None:
    container.__dict__["webhook_client"] = WebhookClient(allow_loopback=True, resolver=lambda host, port: answers)

    response = lender.http.post(ROUTE, {**WEBHOOK_ENDPOINT, "url": "https://example.com/hooks"})

    assert response.status == status


def test_changed_address_is_checked(lender: User) -> None:
    created = create(lender)

    response = lender.http.patch(f"{ROUTE}{created['id']}/", {"url": "https://169.254.169.254/"})

    assert_field_rejected(response, "url")
    assert lender.call("GET", f"{ROUTE}{created['id']}/")["url"] == WEBHOOK_ENDPOINT["url"]


@pytest.mark.parametrize(
    "types", [[], ["loan.unknown"], ["*", "webhook_endpoint.test"], ["webhook_endpoint.test", "x" * 10]]
)
def test_unknown_types_are_rejected(types: list[str], lender: User) -> None:
    assert_field_rejected(lender.http.post(ROUTE, {**WEBHOOK_ENDPOINT, "event_types": types}), "event_types")


def test_eleventh_endpoint_is_rejected(lender: User) -> None:
    for _ in range(MAX_ENDPOINTS):
        last = create(lender)

    rejected = lender.http.post(ROUTE, WEBHOOK_ENDPOINT)
    ok(lender.http.delete(f"{ROUTE}{last['id']}/"))

    assert (rejected.status, rejected.code) == (409, "too_many_webhook_endpoints")
    assert create(lender)["enabled"]
    assert len(all_of(lender, ROUTE, limit=4)) == MAX_ENDPOINTS


def test_repeated_request_returns_the_same_secret(lender: User) -> None:
    first, second = (lender.http.post(ROUTE, WEBHOOK_ENDPOINT, key="one") for _ in range(2))

    assert second.headers["idempotent-replayed"] == "true"
    assert second.json == first.json
    assert len(lender.call("GET", ROUTE)["items"]) == 1


def test_secret_is_replaced_once_for_a_key(lender: User) -> None:
    created = create(lender)
    path = f"{ROUTE}{created['id']}/rotate-secret/"

    first, second = (ok(lender.http.post(path, key="one")).json for _ in range(2))

    assert first == second
    assert first["secret"] != created["secret"]
    assert first["previous_secret_expires_at"] == "2026-01-16T09:30:00.000Z"


def test_endpoint_is_changed_in_parts(lender: User) -> None:
    created = create(lender)
    path = f"{ROUTE}{created['id']}/"

    described = lender.call("PATCH", path, {"description": "new", "event_types": ["webhook_endpoint.test"]})
    disabled = lender.call("PATCH", path, {"enabled": False})
    enabled = lender.call("PATCH", path, {"enabled": True})

    assert (described["description"], described["event_types"]) == ("new", ["webhook_endpoint.test"])
    assert (disabled["enabled"], disabled["disabled_reason"]) == (False, "owner")
    assert (enabled["enabled"], enabled["disabled_reason"]) == (True, None)
    assert enabled["url"] == created["url"]


def test_test_event_goes_to_one_endpoint(lender: User, delivery_queue: RecordingQueue) -> None:
    first, second = create(lender, event_types=["webhook_endpoint.disabled"]), create(lender)

    sent = lender.http.post(f"{ROUTE}{first['id']}/test/")

    assert sent.status == 202
    assert (sent.json["event_type"], sent.json["status"]) == ("webhook_endpoint.test", "PENDING")
    assert sent.json["event"]["data"] == {"endpoint_id": first["id"]}
    assert [job.key for job in delivery_queue.sent] == [sent.json["id"]]
    assert len(lender.call("GET", f"{ROUTE}{first['id']}/deliveries/")["items"]) == 1
    assert lender.call("GET", f"{ROUTE}{second['id']}/deliveries/")["items"] == []


def test_disabled_endpoint_takes_no_test_and_no_resend(lender: User) -> None:
    path = f"{ROUTE}{create(lender)['id']}/"
    delivery = lender.call("POST", f"{path}test/")
    lender.call("PATCH", path, {"enabled": False})

    codes = [lender.http.post(f"{path}{action}/").code for action in ("test", f"deliveries/{delivery['id']}/resend")]

    assert codes == ["webhook_endpoint_disabled", "webhook_endpoint_disabled"]


def test_deliveries_are_listed_by_status_and_page(lender: User) -> None:
    path = f"{ROUTE}{create(lender)['id']}/"
    ids = [lender.call("POST", f"{path}test/")["id"] for _ in range(3)]

    pages = [each["id"] for each in all_of(lender, f"{path}deliveries/", limit=2)]

    assert pages == sorted(ids, reverse=True)
    assert lender.call("GET", f"{path}deliveries/?status=SUCCEEDED")["items"] == []
    assert len(lender.call("GET", f"{path}deliveries/?status=PENDING")["items"]) == 3
    assert lender.http.get(f"{path}deliveries/?status=LOST").status == 422


def test_endpoints_of_others_are_not_found(lender: User, user_factory: UserFactory) -> None:
    path = f"{ROUTE}{create(lender)['id']}/"
    delivery = lender.call("POST", f"{path}test/")
    other = user_factory.borrower().http

    responses = [
        other.get(path),
        other.patch(path, {"enabled": False}),
        other.delete(path),
        other.post(f"{path}rotate-secret/"),
        other.post(f"{path}test/"),
        other.get(f"{path}deliveries/"),
        other.post(f"{path}deliveries/{delivery['id']}/resend/"),
    ]

    assert {(response.status, response.code) for response in responses} == {(404, "webhook_endpoint_not_found")}
    assert lender.http.post(f"{path}deliveries/{UNKNOWN_ID}/resend/").code == "delivery_not_found"


def test_operators_see_failed_deliveries(
    lender: User, user_factory: UserFactory, container: Container, delivery_queue: RecordingQueue
) -> None:
    path = f"{ROUTE}{create(lender)['id']}/"
    delivery = lender.call("POST", f"{path}test/")
    lender.call("PATCH", path, {"enabled": False})
    for job in delivery_queue.sent:
        container.delivery_worker.do(job)

    operator = user_factory.operator()
    [failed] = operator.call("GET", "/api/admin/webhook-deliveries/?status=FAILED")["items"]

    assert (failed["id"], failed["user_id"], failed["status"]) == (delivery["id"], lender.id, "FAILED")
    assert operator.http.get("/api/admin/webhook-deliveries/?status=PENDING").status == 422
