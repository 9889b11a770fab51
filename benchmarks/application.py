"""The application with a database of its own, called as Lambda calls it: with an API Gateway event and a context."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import platform as machine
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import boto3
from chalice.app import Chalice

from benchmarks.pace import pace_us
from chalicelib.api.tokens import AccessTokens
from chalicelib.container import Container, install_container
from chalicelib.observability.logging import logger
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock, utc_now
from chalicelib.shared.ids import new_id
from chalicelib.shared.settings import Limit, Settings
from local.database_binary import VERSION, find_database_binary
from local.database_process import DatabaseProcess
from local.events import Event, ResourceTable, proxy_event
from local.http_messages import HttpRequest
from local.lambda_context import LambdaContext
from local.queues import LocalQueue
from local.tables import create_tables, tables_of
from tests.bank_files import IBAN
from tests.factories import PASSWORD, deposit

PREFIX: Final = "p2p-benchmarks-"
_NUMBERS = count(1)
_NO_LIMIT: Final = Limit(0, 1)
_ALL_DAY: Final = timedelta(days=1)
_ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": "benchmarks",
    "AWS_SECRET_ACCESS_KEY": "benchmarks",
    "AWS_DEFAULT_REGION": "us-east-1",
    "METRICS": "on",
}


@dataclass(frozen=True, slots=True)
class Client:
    """A signed-in user of an application."""

    actor: Actor
    token: str
    application: Application

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send a request that is not measured and must succeed; the content of its response."""
        return self.application.send(Request(method, path, self, body))


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    method: str
    path: str
    client: Client | None = None
    body: object = None
    key: str = ""
    headers: Mapping[str, str] | None = None


class RequestFailedError(Exception):
    """A request that must succeed was rejected."""


class Application:
    """The Chalice application with its container; requests go directly to ``app(event, context)``."""

    def __init__(self, app: Chalice, container: Container) -> None:
        self.app = app
        self.container = container
        self._resources = ResourceTable(list(app.routes))
        self._tokens = AccessTokens(container.keys, container.real_time, container.settings)

    def user(self, role: Role, balance: str = "", *, name: str = "") -> Client:
        """A new user with a token and no account; ``balance`` is deposited."""
        return self._signed_in(
            Actor(new_id(self.container.clock()), name or f"bench_{role.value.lower()}", role), balance
        )

    def registered(self, role: Role, balance: str = "", *, name: str = "") -> Client:
        """A new user with an account; ``balance`` is deposited."""
        username = name or f"user_{next(_NUMBERS)}"
        if role is Role.ADMIN:
            email = f"{username}@example.com"
            operator = self.container.users.create_operator(username=username, email=email, password=PASSWORD)
            return self._signed_in(operator.as_actor(), balance)
        body = {"username": username, "email": f"{username}@example.com", "password": PASSWORD, "role": role.value}
        account = self.send(Request("POST", "/api/users/register/", body=body))
        return self._signed_in(Actor(account["id"], username, role), balance)

    def _signed_in(self, actor: Actor, balance: str) -> Client:
        client = Client(actor, self._tokens.issue(actor).text, self)
        return deposit(client, balance) if balance else client

    def event(self, request: Request) -> Event:
        """The API Gateway event of a request."""
        media_type = "application/xml" if isinstance(request.body, str) else "application/json"
        headers = {"Host": "localhost", "Content-Type": media_type, "Accept": "application/json"}
        if request.client:
            headers["Authorization"] = f"Bearer {request.client.token}"
        if request.key:
            headers["Idempotency-Key"] = request.key
        headers |= request.headers or {}
        content = "" if request.body is None else json.dumps(request.body)
        body = (request.body if isinstance(request.body, str) else content).encode()
        sent = HttpRequest(request.method, request.path, tuple(headers.items()), body, source_ip="127.0.0.1")
        match = self._resources.match(request.path.partition("?")[0])
        if match is None:
            raise RequestFailedError(f"{request.path}: no such route")
        return proxy_event(sent, match, stage="benchmarks", binary_types=self.app.api.binary_types)

    def send(self, request: Request) -> Any:
        """Send a request that must succeed; return the content of its response."""
        return content(request, self.app(self.event(request), LambdaContext()))


def content(request: Request, response: Mapping[str, Any]) -> Any:
    """The JSON or text of a response.

    Raises:
        RequestFailedError: the response is an error.
    """
    if response["statusCode"] >= 400:
        raise RequestFailedError(f"{request.method} {request.path}: {response['statusCode']} {response['body']}")
    is_json = "json" in (response.get("headers") or {}).get("Content-Type", "")
    return json.loads(response["body"]) if is_json and response["body"] else response["body"]


@contextmanager
def database_with_tables(database: Path | None = None, *, streams: bool = False) -> Iterator[DatabaseProcess]:
    """A database process with the platform's tables.

    In memory, each write reads all stream records, so streams are off by default.
    """
    with DatabaseProcess(find_database_binary(), database=database) as engine:
        os.environ.update(_ENVIRONMENT)
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = os.environ["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] = engine.endpoint
        client = boto3.client("dynamodb")
        create_tables(client, PREFIX)
        for table in () if streams else tables_of():
            if table.arguments.get("StreamSpecification"):
                client.update_table(TableName=PREFIX + table.name, StreamSpecification={"StreamEnabled": False})
        yield engine


@contextmanager
def running_application(
    folder: Path, *, clock: Clock = utc_now, queue: LocalQueue | None = None, cache_url: str = ""
) -> Iterator[Application]:
    """The application without limits of requests; its log lines and metrics are discarded. See Settings.cache_url."""
    settings = Settings(
        table_prefix=PREFIX,
        cache_url=cache_url,
        signing_key_file=str(folder / "signing.key"),
        access_token_lifetime=_ALL_DAY,
        throttle_rate=_NO_LIMIT,
        throttle_auth=_NO_LIMIT,
        throttle_user=_NO_LIMIT,
        throttle_anon=_NO_LIMIT,
        max_open_requests=1_000_000,
        bank_iban=IBAN,
    )
    built = Container(
        settings,
        clock=clock,
        queue=queue or LocalQueue(),
        delivery_queue=LocalQueue("deliveries"),
        email_queue=LocalQueue("emails"),
    )
    install_container(built)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        handler: Any = logger().handlers[0]
        handler.setStream(nowhere)
        try:
            yield Application(importlib.import_module("app").app, built)
        finally:
            handler.setStream(sys.__stderr__)
            built.cache.close()
            built.database.client.close()


def machine_line() -> str:
    """Date, machine, versions and load of a measurement."""
    python = sys.version.split()[0]
    return (
        f"{time.strftime('%d %B %Y').lstrip('0')}; {os.cpu_count()} cores {_processor()}, {machine.system()}, "
        f"Python {python}, dynoxide {VERSION}; load average {os.getloadavg()[0]:.1f}, "
        f"reference work {pace_us():.0f} µs"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return machine.machine()
    lines = (line.partition(":") for line in info.read_text(encoding="utf-8").splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == "model name"), machine.machine())
