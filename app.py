"""Entry points of every Lambda function: API routes, schedules, streams and the work queue."""

import gc

gc.disable()  # imported objects are never freed, and collections take 7 % of the import time

# isort: split
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any

from chalice.app import Chalice

from chalicelib.admin.routes import (
    audit,
    bank,
    cache,
    ledger,
    payouts,
    rescheduling,
    sandbox_clock,
    suppressed_addresses,
)
from chalicelib.admin.routes import jobs as job_admin
from chalicelib.admin.routes import loans as loan_admin
from chalicelib.admin.routes import reports as report_admin
from chalicelib.admin.routes import transfers as transfer_admin
from chalicelib.admin.routes import users as user_admin
from chalicelib.admin.routes import webhooks as webhook_admin
from chalicelib.api.middleware import around_request
from chalicelib.auto_invest import routes as auto_invest
from chalicelib.container import get_container
from chalicelib.events.routes import events, webhook_endpoints
from chalicelib.investments import routes as investments
from chalicelib.jobs.middleware import EVENT_KINDS, around_event
from chalicelib.jobs.schedule import QUEUES, SCHEDULED_JOBS, STREAMS, EventFunction, JobName, ScheduledJob
from chalicelib.loans import routes as loans
from chalicelib.notifications import routes as user_notifications
from chalicelib.origination import routes as origination
from chalicelib.servicing import routes as servicing
from chalicelib.shared.settings import read_settings
from chalicelib.transfers.routes import bank_accounts, notifications, sandbox, transfers
from chalicelib.users import routes as users
from chalicelib.wallets import routes as wallets
from chalicelib.web import root
from chalicelib.web import routes as pages

read_settings()  # an invalid setting prevents the start, instead of failing the first request
app = Chalice(app_name="p2p-lending")
app.register_middleware(partial(around_request, lambda: get_container().log_pseudonyms), "http")
for kind in EVENT_KINDS:
    app.register_middleware(around_event, kind)

app.register_blueprint(pages.pages)
for module in (
    root, users, wallets, loans, origination, servicing, auto_invest, investments, user_admin, loan_admin, rescheduling,
    ledger, report_admin, job_admin, cache, audit, bank_accounts, sandbox_clock, transfers, notifications, sandbox,
    transfer_admin, bank, payouts, user_notifications, events, suppressed_addresses,
    webhook_endpoints, webhook_admin,
):  # fmt: skip
    app.register_blueprint(module.router)

# `chalice package` needs ARNs; the merged template replaces them by those of the tables and the queue.
_STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/{}/stream/0"
_QUEUE = "arn:aws:sqs:us-east-1:000000000000:{}"


def _event_handler(name: str, handle: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function with the name under which Lambda finds it in this module."""

    def handler(event: Any) -> Any:
        return handle(event)

    handler.__name__ = f"on_{name}"
    handler.__code__ = handler.__code__.replace(co_name=handler.__name__)  # the name in profiles and tracebacks
    return handler


def _process_records(function: EventFunction) -> Callable[[Any], Any]:
    return lambda event: attrgetter(function.handler)(get_container())(event.to_dict()["Records"])


def _run_job(job: ScheduledJob) -> Callable[[Any], Any]:
    if job.name in list(JobName):
        return lambda event: get_container().job_runner.run_scheduled(JobName(job.name))
    return lambda event: attrgetter(job.handler)(get_container())()


for stream in STREAMS:
    globals()[f"on_{stream.name}"] = app.on_dynamodb_record(
        stream_arn=_STREAM.format(stream.source), batch_size=stream.batch_size, name=stream.name
    )(_event_handler(stream.name, _process_records(stream)))
for job in SCHEDULED_JOBS:
    globals()[f"on_{job.name}"] = app.schedule(job.schedule, name=job.name)(_event_handler(job.name, _run_job(job)))
for queue in QUEUES:
    globals()[f"on_{queue.name}"] = app.on_sqs_message(
        queue_arn=_QUEUE.format(queue.source), batch_size=queue.batch_size, name=queue.name
    )(_event_handler(queue.name, _process_records(queue)))

gc.freeze()
gc.enable()
