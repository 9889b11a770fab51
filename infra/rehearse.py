"""`make rehearse`: the packaged release in an AWS of this machine, from deployment to removal, with the time it takes.

An emulator of our own starts on a free port, and checks every call of a function against its role. Then as in an
account: deploy, make an operator, live a loan over the API's URL, see its changes follow through streams and queue, let
a schedule fire, run every task, look at the books, change a setting, go back, destroy.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import boto3

from chalicelib.jobs.schedule import SCHEDULES, JobName
from infra import deploy, destroy, emulator, rotate_secret
from infra.handlers import Source, handlers
from infra.release import Releases
from infra.smoke import Caller, SmokeFailed, live_a_loan, read_only
from infra.stack import Stack
from local.schedules import scheduled_event

STAGE: Final = "dev"
RELAXED: Final = ("ThrottleRate=off", "ThrottleAuth=off", "ThrottleUser=off", "ThrottleAnon=off")
PASSWORD: Final = "rehearsal-password"
_TASK: Final = JobName.CHECK_OVERDUE_PAYMENTS
_PATIENCE_SECONDS: Final = 150.0
_POLL_SECONDS: Final = 0.5


class RehearsalFailed(Exception):
    """Something did not happen as it would have to in an account."""


class Rehearsal:
    """A deployed stage behind AWS_ENDPOINT_URL."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._stack = Stack(session.client("cloudformation"), STAGE)
        self._runs_before = 0

    def url(self) -> str:
        """Where the API answers: emulators have no names of their own for it."""
        api = self._stack.outputs()["RestAPIId"]
        return f"{os.environ['AWS_ENDPOINT_URL']}/restapis/{api}/{STAGE}/_user_request_"

    def follow_the_streams(self) -> str:
        """Wait until what the loan's life posted is counted by the functions on the streams."""
        counted = _wait_for("the streams' counts", lambda: self._items("PROJECTION#ledger"))
        _wait_for("the loans' counts", lambda: self._items("PROJECTION#loans"))
        return f"{len(counted)} day counted from the ledger's stream"

    def drain_the_queue(self) -> str:
        """Wait until the work that the streams have sent is done, and see that nothing was given up."""
        outputs = self._stack.outputs()
        _wait_for("the worker's log", lambda: self._logged("Work"))
        _wait_for("an empty queue", lambda: self._messages(outputs["WorkQueueUrl"]) == 0)
        dead = {name: self._messages(url) for name, url in outputs.items() if name.endswith("DeadLettersUrl")}
        if any(dead.values()):
            raise RehearsalFailed(f"dead letters: {dead}")
        return "the queue is empty, and so are the dead letters"

    def hurry_a_schedule(self) -> str:
        """Let a rule that fires once an hour fire within a minute."""
        self._runs_before = self._scheduled_runs()
        self._set_schedule("rate(1 minute)")
        return f"{_TASK} will run within a minute"

    def wait_for_the_schedule(self) -> str:
        """Wait for what the task writes down, and let the rule fire once an hour again."""
        _wait_for("a scheduled run", lambda: self._scheduled_runs() > self._runs_before)
        self._set_schedule(SCHEDULES[_TASK])
        return f"{_TASK} ran by itself"

    def call_the_scheduled_functions(self) -> str:
        """Call what the clock has not called yet as the clock would, each by its own role."""
        lambda_, deployed = self._session.client("lambda"), self._stack.resources("AWS::Lambda::Function")
        scheduled = [handler for handler in handlers() if handler.source is Source.CLOCK and handler.name != _TASK]
        for handler in scheduled:
            name = next(name for name in deployed if f"-{handler.logical_id}-" in name)
            event = json.dumps(scheduled_event(handler.name, datetime.now(UTC)))
            answer = lambda_.invoke(FunctionName=name, Payload=event)
            if "FunctionError" in answer:
                raise RehearsalFailed(f"{handler.name}: {answer['Payload'].read().decode()[:500]}")
        return f"{len(scheduled)} functions did their work"

    def run_every_task(self) -> str:
        """As an operator, by the API's role."""
        operator = self._operator()
        for task in JobName:
            run = operator.post(f"/api/admin/tasks/{task}/run/", {})
            if run["errors"]:
                raise RehearsalFailed(f"{task}: {run['errors']}")
        return f"{len(JobName)} tasks ran by hand"

    def look_at_the_books(self) -> str:
        """As an operator: the sum over all accounts."""
        total = self._operator().get("/api/admin/ledger/trial-balance/")["total"]
        if total != "0.00":
            raise RehearsalFailed(f"the trial balance is {total}")
        return "the trial balance is 0.00"

    def _operator(self) -> Caller:
        operator = Caller(self.url())
        operator.token = operator.post("/api/users/login/", {"username": "rehearsal", "password": PASSWORD})["token"]
        return operator

    def _scheduled_runs(self) -> int:
        return len(self._items(f"RUN#{_TASK}"))

    def _set_schedule(self, expression: str) -> None:
        rules = self._stack.resources("AWS::Events::Rule")
        name = next(rule for rule in rules if "CheckOverduePayments" in rule)
        self._session.client("events").put_rule(Name=name, ScheduleExpression=expression, State="ENABLED")

    def _items(self, partition: str) -> list[Any]:
        items: list[Any] = self._session.client("dynamodb").query(
            TableName=f"p2p-{STAGE}-reports",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
        )["Items"]
        return items

    def _messages(self, url: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._session.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(number) for number in found["Attributes"].values())

    def _logged(self, function: str) -> bool:
        found = self._session.client("logs").filter_log_events(logGroupName=f"/p2p/{STAGE}/{function}")
        return bool(found["events"])


def make_an_operator() -> str:
    """What `make create-admin STAGE=dev` does, with answers given."""
    from local import create_admin

    os.environ.update(STAGE=STAGE, SIGNING_SECRET_ID=f"p2p-{STAGE}-signing-keys")
    answers = iter(["rehearsal", "rehearsal@example.com"])
    if create_admin.main(prompt=lambda _: next(answers), prompt_hidden=lambda _: PASSWORD):
        raise RehearsalFailed("no operator was made")
    return "an operator was made"


def exercise() -> None:
    """Use the stage that is deployed behind AWS_ENDPOINT_URL: requests, streams, queue, schedule.

    Raises:
        RehearsalFailed, SmokeFailed: something is not as it should be.
    """
    rehearsal = Rehearsal(boto3.Session(region_name=emulator.REGION))
    _take(rehearsal.hurry_a_schedule)
    with _timed("eight steps"):
        print(f"{len(read_only(rehearsal.url()).requests)} pages, {len(live_a_loan(rehearsal.url()).requests)} calls")
    for step in (
        rehearsal.follow_the_streams,
        rehearsal.drain_the_queue,
        rehearsal.call_the_scheduled_functions,
        rehearsal.wait_for_the_schedule,
    ):
        _take(step)


def rehearse(build: Path) -> None:
    """From deployment to removal, behind AWS_ENDPOINT_URL.

    Raises:
        RehearsalFailed, SmokeFailed: something is not as it should be.
    """
    stage = ["--stage", STAGE]
    release = [*stage, "--build", str(build), "--yes", "--quiet", *RELAXED]
    with _timed("deploy"):
        _succeed("deploy", deploy.main(release))
    with _timed("operator"):
        print(make_an_operator())
    exercise()
    rehearsal = Rehearsal(boto3.Session(region_name=emulator.REGION))
    for step in (rehearsal.run_every_task, rehearsal.look_at_the_books):
        _take(step)
    with _timed("rotate the secret"):
        _succeed("rotate", rotate_secret.main(stage))
        print(rehearsal.look_at_the_books())
    with _timed("deploy the same"):
        _succeed("deploy the same", deploy.main(release))
    with _timed("change a setting"):
        _succeed("change a setting", deploy.main([*release, "LogLevel=WARNING"]))
        print(rehearsal.look_at_the_books())
    with _timed("go back"):
        _succeed("go back", deploy.main([*stage, "--release", _first_release(), "--yes", "--quiet", "LogLevel=INFO"]))
        print(rehearsal.look_at_the_books())
    with _timed("destroy"):
        _succeed("destroy", destroy.main(stage, ask=lambda _: f"p2p-lending-{STAGE}"))


def _first_release() -> str:
    session = boto3.Session(region_name=emulator.REGION)
    account = session.client("sts").get_caller_identity()["Account"]
    return Releases(session, account, emulator.REGION).names(STAGE)[0]


def _take(step: Callable[[], str]) -> None:
    with _timed(step.__name__.replace("_", " ")):
        print(step())


@contextmanager
def _timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    print(f"--- {what}", flush=True)
    yield
    print(f"    {time.monotonic() - began:.1f} s", flush=True)


def _succeed(what: str, code: int) -> None:
    if code:
        raise RehearsalFailed(f"{what} ended with {code}")


def _wait_for(what: str, look: Callable[[], Any]) -> Any:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(_POLL_SECONDS)
    raise RehearsalFailed(f"{what} did not come within {_PATIENCE_SECONDS:.0f} s")


def main(arguments: Sequence[str] | None = None) -> int:
    """Start an emulator and rehearse; 1 where something failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=deploy.BUILD / f"{STAGE}-host", help="a build for this machine")
    parser.add_argument("--deployed", action="store_true", help="only use what is deployed behind AWS_ENDPOINT_URL")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    try:
        if given.deployed:
            exercise()
        else:
            with emulator.running() as port:
                os.environ.update(emulator.environment(port))
                rehearse(given.build)
    except (RehearsalFailed, SmokeFailed, emulator.EmulatorFailed) as error:
        print(f"Rehearsal: {error}", file=sys.stderr)
        return 1
    print(f"Rehearsed in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
