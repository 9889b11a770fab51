"""`make rehearse`: deploy, use and destroy the packaged release in an emulator, and print the duration of each step.

The emulator runs on a free port and checks every call of a function against its role. The steps are those of a real
account: deploy, create an operator, take a loan through its life cycle, wait for streams and queue, let a schedule
fire, run every job, check the trial balance, rotate the secret, change a setting, roll back, destroy.
"""

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

from chalicelib.jobs.schedule import JOBS, JobName
from infra import deploy, destroy, emulator, rotate_secret
from infra.handlers import Source, handlers
from infra.release import Releases
from infra.smoke import Caller, SmokeFailed, read_only, run_loan_life_cycle
from infra.stack import Stack
from local.schedules import scheduled_event

STAGE: Final = "dev"
RELAXED: Final = ("ThrottleRate=off", "ThrottleAuth=off", "ThrottleUser=off", "ThrottleAnon=off")
PASSWORD: Final = "rehearsal-password"
_JOB: Final = JobName.CHECK_OVERDUE_PAYMENTS
_WAIT_SECONDS: Final = 150.0
_POLL_SECONDS: Final = 0.5


class RehearsalFailed(Exception):
    """A step of the rehearsal failed."""


class Rehearsal:
    """Stage deployed behind AWS_ENDPOINT_URL."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._stack = Stack(session.client("cloudformation"), STAGE)
        self._runs_before = 0

    def url(self) -> str:
        """Return the URL of the API; emulators have no host name for it."""
        api = self._stack.outputs()["RestAPIId"]
        return f"{os.environ['AWS_ENDPOINT_URL']}/restapis/{api}/{STAGE}/_user_request_"

    def wait_for_streams(self) -> str:
        """Wait until the stream functions have counted the postings of the loan."""
        counted = _wait_for("the projection of the ledger", lambda: self._items("PROJECTION#ledger"))
        _wait_for("the projection of loans", lambda: self._items("PROJECTION#loans"))
        return f"projections of {len(counted)} day updated from the streams"

    def wait_for_queue(self) -> str:
        """Wait until the queued jobs are done, and check that the dead-letter queues are empty."""
        outputs = self._stack.outputs()
        _wait_for("the worker's log", lambda: self._logged("Work"))
        _wait_for("an empty queue", lambda: self._messages(outputs["WorkQueueUrl"]) == 0)
        dead = {name: self._messages(url) for name, url in outputs.items() if name.endswith("DeadLettersUrl")}
        if any(dead.values()):
            raise RehearsalFailed(f"dead-letter queues contain messages: {dead}")
        return "the queue and its dead-letter queues are empty"

    def shorten_schedule(self) -> str:
        self._runs_before = self._scheduled_runs()
        self._set_schedule("rate(1 minute)")
        return f"{_JOB} will run within a minute"

    def wait_for_scheduled_run(self) -> str:
        """Wait until the job has recorded a run, and restore the rule."""
        _wait_for("a scheduled run", lambda: self._scheduled_runs() > self._runs_before)
        self._set_schedule(JOBS[_JOB].schedule)
        return f"{_JOB} ran on schedule"

    def invoke_scheduled_functions(self) -> str:
        """Invoke the other scheduled functions with a scheduled event, each with its own role."""
        lambda_, deployed = self._session.client("lambda"), self._stack.resources("AWS::Lambda::Function")
        scheduled = [handler for handler in handlers() if handler.source is Source.SCHEDULE and handler.name != _JOB]
        for handler in scheduled:
            name = next(name for name in deployed if f"-{handler.logical_id}-" in name)
            event = json.dumps(scheduled_event(handler.name, datetime.now(UTC)))
            response = lambda_.invoke(FunctionName=name, Payload=event)
            if "FunctionError" in response:
                raise RehearsalFailed(f"{handler.name}: {response['Payload'].read().decode()[:500]}")
        return f"{len(scheduled)} scheduled functions succeeded"

    def run_every_job(self) -> str:
        """Run every job as an operator, with the API's role."""
        operator = self._operator()
        for job in JobName:
            run = operator.post(f"/api/admin/tasks/{job}/run/", {})
            if run["errors"]:
                raise RehearsalFailed(f"{job}: {run['errors']}")
        return f"{len(JobName)} jobs ran on request"

    def check_trial_balance(self) -> str:
        """Check as an operator that the sum over all accounts is zero."""
        total = self._operator().get("/api/admin/ledger/trial-balance/")["total"]
        if total != "0.00":
            raise RehearsalFailed(f"the trial balance is {total}")
        return "the trial balance is 0.00"

    def _operator(self) -> Caller:
        operator = Caller(self.url())
        operator.token = operator.post("/api/users/login/", {"username": "rehearsal", "password": PASSWORD})["token"]
        return operator

    def _scheduled_runs(self) -> int:
        return len(self._items(f"RUN#{_JOB}"))

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


def create_operator() -> str:
    """Run `make create-admin STAGE=dev` with given input."""
    from local import create_admin

    os.environ.update(STAGE=STAGE, SIGNING_SECRET_ID=f"p2p-{STAGE}-signing-keys")
    inputs = iter(["rehearsal", "rehearsal@example.com"])
    if create_admin.main(prompt=lambda _: next(inputs), prompt_hidden=lambda _: PASSWORD):
        raise RehearsalFailed("no operator was created")
    return "an operator was created"


def exercise() -> None:
    """Use the stage behind AWS_ENDPOINT_URL: requests, streams, queue and schedule.

    Raises:
        RehearsalFailed, SmokeFailed: a step failed.
    """
    rehearsal = Rehearsal(boto3.Session(region_name=emulator.REGION))
    _run(rehearsal.shorten_schedule)
    with _timed("life cycle of a loan"):
        pages, calls = read_only(rehearsal.url()), run_loan_life_cycle(rehearsal.url())
        print(f"{len(pages.requests)} pages, {len(calls.requests)} API requests")
    for step in (
        rehearsal.wait_for_streams,
        rehearsal.wait_for_queue,
        rehearsal.invoke_scheduled_functions,
        rehearsal.wait_for_scheduled_run,
    ):
        _run(step)


def rehearse(build: Path) -> None:
    """Deploy, use and destroy the stage behind AWS_ENDPOINT_URL.

    Raises:
        RehearsalFailed, SmokeFailed: a step failed.
    """
    stage = ["--stage", STAGE]
    release = [*stage, "--build", str(build), "--yes", "--quiet", *RELAXED]
    with _timed("deploy"):
        _require_success("deploy", deploy.main(release))
    with _timed("operator"):
        print(create_operator())
    exercise()
    rehearsal = Rehearsal(boto3.Session(region_name=emulator.REGION))
    for step in (rehearsal.run_every_job, rehearsal.check_trial_balance):
        _run(step)
    with _timed("rotate the secret"):
        _require_success("rotate", rotate_secret.main(stage))
        print(rehearsal.check_trial_balance())
    with _timed("deploy the same release"):
        _require_success("deploy the same release", deploy.main(release))
    with _timed("change a setting"):
        _require_success("change a setting", deploy.main([*release, "LogLevel=WARNING"]))
        print(rehearsal.check_trial_balance())
    with _timed("roll back"):
        _require_success(
            "roll back", deploy.main([*stage, "--release", _first_release(), "--yes", "--quiet", "LogLevel=INFO"])
        )
        print(rehearsal.check_trial_balance())
    with _timed("destroy"):
        _require_success("destroy", destroy.main(stage, ask=lambda _: f"p2p-lending-{STAGE}"))


def _first_release() -> str:
    session = boto3.Session(region_name=emulator.REGION)
    account = session.client("sts").get_caller_identity()["Account"]
    return Releases(session, account, emulator.REGION).names(STAGE)[0]


def _run(step: Callable[[], str]) -> None:
    with _timed(step.__name__.replace("_", " ")):
        print(step())


@contextmanager
def _timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    print(f"--- {what}", flush=True)
    yield
    print(f"    {time.monotonic() - began:.1f} s", flush=True)


def _require_success(what: str, code: int) -> None:
    if code:
        raise RehearsalFailed(f"{what} ended with {code}")


def _wait_for(what: str, look: Callable[[], Any]) -> Any:
    until = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(_POLL_SECONDS)
    raise RehearsalFailed(f"no result within {_WAIT_SECONDS:.0f} s")


def main(arguments: Sequence[str] | None = None) -> int:
    """Rehearse in a new emulator. Return 0, or 1 if a step failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--build", type=Path, default=deploy.BUILD / f"{STAGE}-host", help="release built for this machine"
    )
    parser.add_argument(
        "--deployed", action="store_true", help="use the stage that is deployed behind AWS_ENDPOINT_URL"
    )
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
        print(f"Rehearsal failed. {error}", file=sys.stderr)
        return 1
    print(f"Rehearsed in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
