"""The events that reach the application, and the responses of the gateway."""

import base64
import json
from typing import Any

import pytest

from local.gateway import Gateway
from local.http_messages import HttpRequest, HttpResponse
from tests.small_app import small_app


def event_of(request: HttpRequest) -> dict[str, Any]:
    seen: list[Any] = []
    Gateway(small_app(seen=seen)).respond(request)
    event: dict[str, Any] = seen[0][0]
    return event


def response_to(method: str, target: str, **rest: Any) -> HttpResponse:
    return Gateway(small_app()).respond(HttpRequest(method, target, **rest))


def header(response: HttpResponse, name: str) -> str | None:
    return next((value for key, value in response.headers if key.lower() == name.lower()), None)


def test_events_have_all_members_of_api_gateway() -> None:
    event = event_of(HttpRequest("GET", "/loans/01J?x=1", [("Host", "localhost:8000")], source_ip="127.0.0.9"))

    assert set(event) == {
        "resource", "path", "httpMethod", "headers", "multiValueHeaders", "queryStringParameters",
        "multiValueQueryStringParameters", "pathParameters", "stageVariables", "requestContext", "body",
        "isBase64Encoded",
    }  # fmt: skip
    context = event["requestContext"]
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/loans/{loan_id}", "/loans/01J", "GET")
    assert event["pathParameters"] == {"loan_id": "01J"}
    assert context["resourcePath"] == "/loans/{loan_id}"
    assert context["path"] == "/loans/01J"
    assert context["httpMethod"] == "GET"
    assert context["identity"]["sourceIp"] == "127.0.0.9"
    assert context["stage"] == "local"
    assert {"accountId", "apiId", "protocol", "requestId", "requestTimeEpoch", "resourceId"} <= set(context)


def test_absent_members_are_null() -> None:
    event = event_of(HttpRequest("POST", "/loans"))

    absent = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "body")
    assert [event[name] for name in absent] == [None] * 4
    assert event["isBase64Encoded"] is False


def test_last_of_repeated_query_parameters_wins() -> None:
    event = event_of(HttpRequest("GET", "/loans/1?a=1&a=two%20words&b=&c=x+y"))

    assert event["queryStringParameters"] == {"a": "two words", "b": "", "c": "x y"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "two words"], "b": [""], "c": ["x y"]}


def test_path_parameters_stay_percent_encoded() -> None:
    event = event_of(HttpRequest("GET", "/loans/a%20b%2Fc"))

    assert event["pathParameters"] == {"loan_id": "a%20b%2Fc"}
    assert event["path"] == "/loans/a%20b%2Fc"


def test_repeated_headers_are_kept_and_sender_added() -> None:
    request = HttpRequest(
        "GET", "/loans/1", [("Accept", "text/csv"), ("Accept", "*/*"), ("X-Forwarded-For", "10.0.0.1")]
    )

    event = event_of(request)

    assert event["headers"]["Accept"] == "*/*"
    assert event["multiValueHeaders"]["Accept"] == ["text/csv", "*/*"]
    assert event["headers"]["X-Forwarded-For"] == "10.0.0.1, 127.0.0.1"


@pytest.mark.parametrize(
    ("media_type", "body", "passed", "is_encoded"),
    [
        ("application/json", '{"purpose":"Bäckerei"}'.encode(), '{"purpose":"Bäckerei"}', False),
        ("image/png; q=1", b"\x89\xff", base64.b64encode(b"\x89\xff").decode(), True),
    ],
)
def test_only_binary_bodies_are_passed_as_base64(media_type: str, body: bytes, passed: str, is_encoded: bool) -> None:
    event = event_of(HttpRequest("POST", "/loans", [("Content-Type", media_type)], body))

    assert (event["body"], event["isBase64Encoded"]) == (passed, is_encoded)


def test_every_invocation_has_its_own_context() -> None:
    seen: list[Any] = []
    gateway = Gateway(small_app(seen=seen))

    gateway.respond(HttpRequest("GET", "/loans/1"))
    gateway.respond(HttpRequest("GET", "/loans/2"))

    first, second = (context for _, context in seen)
    assert first.aws_request_id != second.aws_request_id
    assert 0 < first.get_remaining_time_in_millis() <= 29_000
    assert first.function_name in first.invoked_function_arn
    assert first.memory_limit_in_mb > 0


@pytest.mark.parametrize("target", ["/loans/available", "/loans/available/", "/loans/available/?limit=1"])
def test_a_literal_segment_takes_precedence_over_a_parameter(target: str) -> None:
    response = response_to("GET", target)

    assert (response.status, response.body) == (200, b"[]")
    assert header(response, "X-Route") == "/loans/available"


@pytest.mark.parametrize("target", ["/", "/nowhere", "/loans/1/2", "/loans//", "//loans/1", "/loans/available//"])
def test_an_unknown_path_is_404(target: str) -> None:
    response = response_to("GET", target)

    problem = json.loads(response.body)
    assert response.status == 404
    assert header(response, "Content-Type") == "application/problem+json"
    assert header(response, "X-Request-Id")
    assert problem["code"] == "not_found"
    assert problem["status"] == 404


def test_wrong_method_is_405_with_allowed_methods() -> None:
    response = response_to("PUT", "/loans/1")

    assert response.status == 405
    assert header(response, "Allow") == "GET, DELETE"


def test_a_preflight_request_of_the_allowed_origin_is_accepted() -> None:
    gateway = Gateway(small_app(), cors_origin="https://shop.example")

    response = gateway.respond(HttpRequest("OPTIONS", "/loans/1", [("Origin", "https://shop.example")]))

    assert response.status == 200
    assert header(response, "Access-Control-Allow-Origin") == "https://shop.example"
    assert header(response, "Access-Control-Allow-Methods") == "DELETE, GET, OPTIONS"
    assert {"Authorization", "Content-Type", "Idempotency-Key", "X-Step-Up"} <= set(
        (header(response, "Access-Control-Allow-Headers") or "").split(", ")
    )


def test_a_preflight_request_without_an_allowed_origin_is_405() -> None:
    response = response_to("OPTIONS", "/loans", headers=[("Origin", "https://shop.example")])

    assert response.status == 405
    assert header(response, "Access-Control-Allow-Origin") is None


def test_a_binary_response_is_sent_as_bytes() -> None:
    response = response_to("GET", "/picture", headers=[("Accept", "image/png")])

    assert response.body == b"\x89PNG\xff"


def test_repeated_response_headers_are_sent_separately() -> None:
    response = response_to("GET", "/loans/available")

    assert [value for name, value in response.headers if name == "Set-Cookie"] == ["a=1", "b=2"]


def test_an_exception_is_a_500_without_its_message(caplog: pytest.LogCaptureFixture) -> None:
    response = response_to("GET", "/broken")

    assert response.status == 500
    assert json.loads(response.body)["code"] == "internal_error"
    assert "object" not in response.body.decode()
    assert "failed on GET /broken" in caplog.text
