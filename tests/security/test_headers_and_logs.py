"""Response headers and log lines: they resist injection and reveal nothing."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from chalicelib.api.middleware import SECURITY_HEADERS
from chalicelib.observability import metrics
from chalicelib.observability.logging import logger
from chalicelib.shared.actor import Role
from chalicelib.shared.settings import Settings
from tests.api.contract.declared import address
from tests.catalogue import ROUTES
from tests.factories import PASSWORD, UserFactory, funded_loan, ok, pay
from tests.http_client import HttpClient, Response

LEAKS: Final = re.compile(
    r"Traceback|\.py\b|line \d+|botocore|pynamodb|pydantic|dynamodb|ResourceNotFound|ConditionalCheck|p2p-(test|local)-"
    r"|arn:aws|127\.0\.0\.1|accesskey|/home/|/var/task|0x[0-9a-f]{6,}|_cents|\bpk\b|USER#|LOAN#",
    re.IGNORECASE,
)


class Lines(logging.Handler):
    """Keeps every line as the platform writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logger().registered_formatter)
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    handler, root, ours = Lines(), logging.getLogger(), logging.getLogger(metrics.SERVICE)
    before = logger().log_level
    logger().setLevel(logging.DEBUG)
    ours.addHandler(handler)
    root.addHandler(handler)
    yield handler.kept
    ours.removeHandler(handler)
    root.removeHandler(handler)
    logger().setLevel(before)


def responses(clients: list[HttpClient]) -> Iterator[tuple[str, Response]]:
    for route in ROUTES:
        for client in clients:
            for body in (None, {"amount": "x"}, {}) if route.method in ("POST", "PATCH") else (None,):
                yield route.name, client.send(route.method, address(route.path), body)


@pytest.fixture
def clients(user_factory: UserFactory) -> list[HttpClient]:
    people = [user_factory.borrower(), user_factory.lender(), user_factory.operator()]
    return [user_factory.http, *(person.http for person in people)]


def test_every_response_carries_the_security_headers(clients: list[HttpClient]) -> None:
    for route, response in responses(clients):
        for name, value in SECURITY_HEADERS.items():
            given = response.headers.get(name.lower())
            of_a_page = name in ("Content-Security-Policy", "Cache-Control") and route.split()[1].count("/api/") == 0
            assert given == value or (given and (of_a_page or "text/html" in response.headers["content-type"])), route
        assert response.headers.get("server", "") == ""
        assert "x-powered-by" not in response.headers


def test_no_response_allows_another_origin(clients: list[HttpClient]) -> None:
    origin = {"Origin": "https://evil.example"}

    for client in clients:
        for path in ("/", "/api/wallets/", "/api/loans/available/", "/api/users/profile/", "/api/nothing/"):
            for method in ("GET", "OPTIONS"):
                response = client.send(method, path, headers={**origin, "Access-Control-Request-Method": "POST"})
                assert [name for name in response.headers if name.startswith("access-control-")] == []


def test_errors_reveal_no_internal_detail(clients: list[HttpClient]) -> None:
    rejected = [(route, response) for route, response in responses(clients) if response.status >= 400]

    assert len(rejected) > 100
    assert [(route, response.body) for route, response in rejected if LEAKS.search(response.body.decode())] == []
    assert [route for route, response in rejected if response.status >= 500] == []


@pytest.mark.parametrize("name", ["X-Request-Id", "X-Correlation-Id", "X-Amzn-Trace-Id", "Accept", "User-Agent"])
@pytest.mark.parametrize(
    "value",
    [
        "x\r\nSet-Cookie: a=b",
        "x\nX-Evil: 1",
        "x\u2028y",
        '"}\n{"level":"INFO"',
        "x" * 5_000,
        "%0d%0aX-Evil:1",
        "\x1b[31m",
    ],
    ids=["crlf", "lf", "line separator", "json", "long", "encoded", "terminal"],
)
def test_header_injection_reaches_no_response_or_log(
    clients: list[HttpClient], lines: list[str], name: str, value: str
) -> None:
    response = clients[1].get("/api/wallets/", headers={name: value})

    assert response.status == 200
    assert {"x-evil", "set-cookie"} & set(response.headers) == set()
    assert not any("\r" in given or "\n" in given for given in response.headers.values())
    assert response.headers["x-request-id"] != value
    assert "x-correlation-id" not in response.headers
    assert_json_lines(lines)
    assert not any("Evil" in line or "Set-Cookie" in line or "x" * 500 in line for line in lines)


@pytest.mark.parametrize(
    "path",
    ["/api/loans/x%0d%0aX-Evil:1/", "/api/loans/x%00/", "/api/nothing%0a{}/", "/api/loans/%E2%80%AE/", "/%0d%0a"],
)
def test_path_injection_reaches_no_log(clients: list[HttpClient], lines: list[str], path: str) -> None:
    response = clients[1].get(path)

    assert response.status == 404
    assert_json_lines([*lines, response.body.decode()])  # the gateway itself responds to undeclared paths
    assert not any("Evil" in line for line in lines)


def test_valid_correlation_id_is_kept(clients: list[HttpClient], lines: list[str]) -> None:
    response = clients[1].get("/api/wallets/", headers={"X-Correlation-Id": "shop-17:9"})

    assert response.headers["x-correlation-id"] == "shop-17:9"
    assert json.loads(lines[-1])["correlation_id"] == "shop-17:9"


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fapp.py", "../../app.py", "....//app.py", "%2e%2e%2fpages%2fapp.html", "..\\app.py", "%5c..%5capp.py",
        "app.js", "assets.py", "%00app.js", "/etc/passwd", "%2fetc%2fpasswd", "app.js%00.css", "C:%5cboot.ini", "~root",
        "..;%2fapp.js", "%c0%ae%c0%ae%2fapp.py", "a" * 10_000,
    ],
)  # fmt: skip
def test_only_packaged_files_are_served(http: HttpClient, name: str) -> None:
    version = re.search(rb"/static/([0-9a-f]{12})-", http.get("/app/").body)
    assert version

    for path in (f"/static/{name}", f"/static/{version[1].decode()}-{name}"):
        response = http.get(path)
        plain_name = path.endswith("-app.js")
        assert response.status == (200 if plain_name else 404), path


def test_logs_of_a_loan_lifecycle_contain_no_secrets(
    http: HttpClient, user_factory: UserFactory, settings: Settings, lines: list[str]
) -> None:
    borrower = user_factory.registered(Role.BORROWER, "5000.00", name="life_borrower")
    lender = user_factory.registered(Role.LENDER, "5000.00", name="life_lender")
    grant = ok(http.post("/api/users/login/", {"username": "life_lender", "password": PASSWORD})).json
    renewed = ok(http.post("/api/users/token/refresh/", {"refresh_token": grant["refresh_token"]})).json
    details = {"first_name": "Ottilie", "profile": {"address": "Lindenallee 5", "phone_number": "+1 555 0199"}}
    ok(borrower.http.patch("/api/users/profile/", details))
    loan = funded_loan(borrower, lender, purpose="Operation Ottilie")
    pay(borrower, loan["id"])
    http.post("/api/users/login/", {"username": "life_lender", "password": "hunter2-hunter2"})
    http.signed_in(grant["token"] + "x").get("/api/wallets/")
    borrower.http.post("/api/users/password/", {"current_password": "hunter2-hunter2", "new_password": "q" * 12})
    borrower.http.post("/api/wallets/deposit/", raw=b'{"amount": "1", "password": "hunter2-hunter2"}', key="k-secret")
    ok(user_factory.operator().http.get("/api/admin/users/?q=life_"))
    ok(http.post("/api/users/logout/", {"refresh_token": renewed["refresh_token"]}))

    keys = json.loads(Path(settings.signing_key_file).read_text(encoding="utf-8"))
    secrets = [PASSWORD, "hunter2", "q" * 12, keys["key"], "$argon2", "k-secret", "Bearer ", "secretkey"]
    secrets += [grant["token"], renewed["token"], borrower.http.token, lender.http.token]
    secrets += [grant["refresh_token"].split(".")[2], renewed["refresh_token"].split(".")[2]]
    personal = ["Ottilie", "Lindenallee", "555 0199", "@example.com", "life_lender", "127.0.0.1"]
    written = "\n".join(lines)
    assert len(lines) > 15
    assert [each for each in (*secrets, *personal) if each and each in written] == []


def test_log_lines_carry_pseudonyms_of_user_and_address(user_factory: UserFactory, lines: list[str]) -> None:
    john, joan = user_factory.borrower(), user_factory.lender()
    for client in (john.http, john.http, joan.http, user_factory.http):
        client.get("/api/wallets/")

    by_request = {line["request_id"]: line for line in map(json.loads, lines)}
    first, second, other, anonymous = by_request.values()

    assert first["user"] == second["user"] != other["user"]
    assert "user" not in anonymous
    assert first["address"] == anonymous["address"]
    assert re.fullmatch("[0-9a-f]{32}", first["user"])
    assert re.fullmatch("[0-9a-f]{32}", first["address"])
    assert not any(john.id in line or "127.0.0.1" in line for line in lines)


def assert_json_lines(lines: list[str]) -> None:
    """Each line is one JSON document and nothing else."""
    assert lines
    for line in lines:
        assert "\n" not in line
        assert isinstance(json.loads(line), dict)
