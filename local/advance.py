"""`make advance DAYS=33`: advance the clock of the running platform, and print each day as it is done."""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from local import environment, seed
from local.errors import StartError
from local.tools import exit_status

_POLL_SECONDS: Final = 0.2
_TIMEOUT_SECONDS: Final = 30.0
_CLOCK: Final = "/api/sandbox/clock/"


class NoPlatformError(StartError):
    """Nothing responds at the address of the platform."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"No platform runs on {url}. Start one with `make run`; PORT=8001 make advance … finds it on another port."
        )


class RefusedError(StartError):
    """The platform refuses a request."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        fields = "; ".join(f"{each['field'] or 'body'}: {each['message']}" for each in document.get("errors", ()))
        super().__init__(f"{document['detail']} {fields}".strip())
        self.code = str(document["code"])


class OperatorClient:
    """The running platform, as an operator uses it: the demo account, or ``OPERATOR`` with ``OPERATOR_PASSWORD``."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._token = ""

    def advance(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Begin to advance and return the state of the clock."""
        return self._as_operator("POST", f"{_CLOCK}advance/", request)

    def clock(self, first_day: str) -> dict[str, Any]:
        """Return the state of the clock, with the jobs from a day on."""
        return self._as_operator("GET", f"{_CLOCK}?from={first_day}")

    def _as_operator(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Send a request, and sign in first if the access token is missing or has expired."""
        for _ in range(2):
            if not self._token:
                self._sign_in()
            try:
                return self._send(method, path, body)
            except RefusedError as error:
                if error.code != "token_expired":
                    raise
                self._token = ""
        raise AssertionError("a new access token has expired")

    def _sign_in(self) -> None:
        account = {
            "username": os.environ.get("OPERATOR") or seed.ADMIN.registration.username,
            "password": os.environ.get("OPERATOR_PASSWORD") or seed.ADMIN.registration.password,
        }
        try:
            self._token = str(self._send("POST", "/api/users/login/", account)["token"])
        except RefusedError as error:
            raise StartError(f"{error} Set OPERATOR and OPERATOR_PASSWORD to an operator's account.") from error

    def _send(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data=sent, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
                found: dict[str, Any] = json.loads(response.read())
                return found
        except urllib.error.HTTPError as error:
            with error:
                raise RefusedError(json.loads(error.read())) from error
        except (urllib.error.URLError, ConnectionError) as error:
            raise NoPlatformError(self._url) from error


def main(arguments: Sequence[str]) -> int:
    """Advance the clock; return 1 if that is impossible."""
    parser = argparse.ArgumentParser(description="Advance the clock of the running platform.")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--days", type=int, help="the number of days")
    length.add_argument("--to", metavar="DATE", help="the date to reach, such as 2027-01-31")
    chosen = parser.parse_args(arguments)
    request = {name: value for name, value in vars(chosen).items() if value is not None}
    return exit_status(lambda: _advance(request))


def _advance(request: Mapping[str, Any]) -> int:
    environment.prepare()
    platform = OperatorClient(f"http://localhost:{environment.port()}")
    started = time.monotonic()
    state = platform.advance(request)
    days = 0
    for day in _completed_days(platform, state):
        print(day, flush=True)
        days += 1
    print(f"{days} days in {time.monotonic() - started:.1f} s")
    return 0


def _completed_days(platform: OperatorClient, state: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each day when all its jobs are done, until the clock is ready."""
    first_day = state["now"].partition("T")[0]
    while True:
        days: dict[str, list[dict[str, Any]]] = {}
        for job in state["jobs"]:
            days.setdefault(job["day"], []).append(job)
        is_ready = state["status"] == "ready"
        for day in list(days)[: None if is_ready else -1]:
            yield f"{day}  {_summary(days[day])}"
        if is_ready:
            return
        first_day = list(days)[-1] if days else first_day
        time.sleep(_POLL_SECONDS)
        state = platform.clock(first_day)


def _summary(jobs: Sequence[Mapping[str, Any]]) -> str:
    """Return the number of jobs of a day and what they did."""
    done: dict[str, Counter[str]] = {}
    for job in jobs:
        done.setdefault(job["name"], Counter()).update(job["counts"])
    results = (f"{name}: {_counts(counts)}" for name, counts in done.items() if counts.total())
    return "; ".join([f"{len(jobs)} jobs", *results])


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{label} {count}" for label, count in counts.items() if count)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
