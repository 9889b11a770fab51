"""`make rehearse`: the packaged release in an AWS of this machine, from deployment to removal, with the time it takes.

An emulator of our own starts on a free port, and checks every call of a function against its role. Then as in an
account: deploy, make an operator, live a loan over the API's URL, see its changes follow through streams and queue, let
a schedule fire, look at the books, deploy again, destroy.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import boto3

from infra import deploy, destroy, emulator, rotate_secret
from infra.smoke import Caller, SmokeFailed, live_a_loan, read_only
from infra.stack import Stack

STAGE: Final = "dev"
RELAXED: Final = ("ThrottleRate=off", "ThrottleAuth=off", "ThrottleUser=off", "ThrottleAnon=off")
PASSWORD: Final = "rehearsal-password"
_TASK: Final = "check_overdue_payments"
_PATIENCE_SECONDS: Final = 150.0
_POLL_SECONDS: Final = 0.5


class RehearsalFailed(Exception):
    """Something did not happen as it would have to in an account."""


class Rehearsal:
    """A deployed stage behind AWS_ENDPOINT_URL."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._stack = Stack(session.client("cloudformation"), STAGE)

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

    def fire_a_schedule(self) -> str:
        """Let a rule that fires once an hour fire within a minute, and wait for what the task writes down."""
        events = self._session.client("events")
        name = next(rule for rule in self._stack.resources("AWS::Events::Rule") if "CheckOverduePayments" in rule)
        before = events.describe_rule(Name=name)["ScheduleExpression"]
        events.put_rule(Name=name, ScheduleExpression="rate(1 minute)", State="ENABLED")
        runs = _wait_for("a scheduled run", lambda: self._items(f"RUN#{_TASK}"))
        events.put_rule(Name=name, ScheduleExpression=before, State="ENABLED")
        return f"{_TASK} ran by itself, {len(runs)} run written down"

    def look_at_the_books(self) -> str:
        """As an operator: the sum over all accounts."""
        operator = Caller(self.url())
        operator.token = operator.post("/api/users/login/", {"username": "rehearsal", "password": PASSWORD})["token"]
        total = operator.get("/api/admin/ledger/trial-balance/")["total"]
        if total != "0.00":
            raise RehearsalFailed(f"the trial balance is {total}")
        return "the trial balance is 0.00"

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
    if create_admin.main(ask=lambda _: next(answers), ask_hidden=lambda _: PASSWORD):
        raise RehearsalFailed("no operator was made")
    return "an operator was made"


def exercise() -> None:
    """Use the stage that is deployed behind AWS_ENDPOINT_URL: requests, streams, queue, schedule.

    Raises:
        RehearsalFailed, SmokeFailed: something is not as it should be.
    """
    rehearsal = Rehearsal(boto3.Session(region_name=emulator.REGION))
    with _timed("eight steps"):
        print(f"{len(read_only(rehearsal.url()).requests)} pages, {len(live_a_loan(rehearsal.url()).requests)} calls")
    steps = (rehearsal.follow_the_streams, rehearsal.drain_the_queue, rehearsal.fire_a_schedule)
    for step in steps:
        with _timed(step.__name__.replace("_", " ")):
            print(step())


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
    with _timed("books"):
        print(rehearsal.look_at_the_books())
    with _timed("rotate the secret"):
        _succeed("rotate", rotate_secret.main(stage))
        print(rehearsal.look_at_the_books())
    with _timed("deploy again"):
        _succeed("deploy again", deploy.main(release))
    with _timed("destroy"):
        _succeed("destroy", destroy.main(stage, ask=lambda _: f"p2p-lending-{STAGE}"))


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
