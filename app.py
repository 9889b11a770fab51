"""Entry points of every Lambda function: API routes, schedules, streams and the work queue."""

import gc

gc.disable()  # the import makes objects that live as long as the process; collecting meanwhile costs 7 % of it

# isort: split
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, DynamoDBEvent, SQSEvent

from chalicelib.admin.routes import audit, cache, ledger, rescheduling
from chalicelib.admin.routes import jobs as job_routes
from chalicelib.admin.routes import loans as loan_admin
from chalicelib.admin.routes import reports as report_routes
from chalicelib.admin.routes import users as user_admin
from chalicelib.api.middleware import around_request
from chalicelib.api.routing import edge
from chalicelib.auto_invest import routes as auto_invest
from chalicelib.container import get_container
from chalicelib.investments import routes as investments
from chalicelib.jobs.middleware import EVENT_KINDS, around_event
from chalicelib.jobs.schedule import SCHEDULES, JobName
from chalicelib.loans import jobs as loan_jobs
from chalicelib.loans import routes as loan_routes
from chalicelib.origination.routes import loan_requests, offers, quotes
from chalicelib.reporting import jobs as report_jobs
from chalicelib.servicing import routes as servicing
from chalicelib.users.routes import users
from chalicelib.wallets.routes import wallets
from chalicelib.web.root import root
from chalicelib.web.routes import pages

app = Chalice(app_name="p2p-lending")
app.register_middleware(around_request, "http")
for kind in EVENT_KINDS:
    app.register_middleware(around_event, kind)
edge.use(lambda: get_container().gate)

for blueprint in (pages, root, users, wallets):
    app.register_blueprint(blueprint)
for module in (
    loan_requests,
    offers,
    quotes,
    loan_routes,
    servicing,
    auto_invest,
    investments,
    user_admin,
    loan_admin,
    rescheduling,
    ledger,
    report_routes,
    job_routes,
    cache,
    audit,
):
    app.register_blueprint(module.blueprint)

# The ARNs stand in for those of the tables and the queue, which the merged template puts in their place.
_LOANS_STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/loans/stream/0"
_LEDGER_STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/ledger/stream/0"
_WALLETS_STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/wallets/stream/0"
_WORK_QUEUE = "arn:aws:sqs:us-east-1:000000000000:work"


@app.on_dynamodb_record(stream_arn=_LOANS_STREAM, batch_size=100, name="loans_stream")
def on_loans_stream(event: DynamoDBEvent) -> None:
    """Every change of the loans table."""
    loan_jobs.follow_stream(event.to_dict()["Records"])


@app.on_dynamodb_record(stream_arn=_WALLETS_STREAM, batch_size=100, name="wallets_stream")
def on_wallets_stream(event: DynamoDBEvent) -> None:
    """Every change of a balance."""
    loan_jobs.follow_wallets(event.to_dict()["Records"])


@app.on_dynamodb_record(stream_arn=_LOANS_STREAM, batch_size=100, name="loans_projections")
def on_loans_projections(event: DynamoDBEvent) -> Any:
    """Every change of the loans table, counted."""
    return report_jobs.project_loans(event.to_dict()["Records"])


@app.on_dynamodb_record(stream_arn=_LEDGER_STREAM, batch_size=100, name="ledger_projections")
def on_ledger_projections(event: DynamoDBEvent) -> Any:
    """Every posting, counted."""
    return report_jobs.project_ledger(event.to_dict()["Records"])


@app.schedule(SCHEDULES[JobName.CHECK_OVERDUE_PAYMENTS], name="check_overdue_payments")
def on_check_overdue_payments(event: CloudWatchEvent) -> Any:
    """Rows fall overdue, late fees, defaults."""
    return get_container().job_runner.run_scheduled(JobName.CHECK_OVERDUE_PAYMENTS)


@app.schedule(SCHEDULES[JobName.EXPIRE_STALE_LOANS], name="expire_stale_loans")
def on_expire_stale_loans(event: CloudWatchEvent) -> Any:
    """Requests expire, funding lapses."""
    return get_container().job_runner.run_scheduled(JobName.EXPIRE_STALE_LOANS)


@app.schedule(SCHEDULES[JobName.LOAN_STATUS_SUMMARY_REPORT], name="loan_status_summary_report")
def on_loan_status_summary_report(event: CloudWatchEvent) -> Any:
    """The reports of the days that are over."""
    return get_container().job_runner.run_scheduled(JobName.LOAN_STATUS_SUMMARY_REPORT)


@app.schedule(SCHEDULES[JobName.RECONCILE_LEDGER], name="reconcile_ledger")
def on_reconcile_ledger(event: CloudWatchEvent) -> Any:
    """Wallets and loans against their postings."""
    return get_container().job_runner.run_scheduled(JobName.RECONCILE_LEDGER)


@app.schedule(SCHEDULES[JobName.CLEANUP_EXPIRED_LOAN_CACHE], name="cleanup_expired_loan_cache")
def on_cleanup_expired_loan_cache(event: CloudWatchEvent) -> Any:
    """What the cache no longer needs."""
    return get_container().job_runner.run_scheduled(JobName.CLEANUP_EXPIRED_LOAN_CACHE)


@app.schedule("rate(1 hour)", name="outbox_sweep")
def on_outbox_sweep(event: CloudWatchEvent) -> Any:
    """Send again what waits in the outbox for more than five minutes."""
    return loan_jobs.sweep_outbox()


@app.on_sqs_message(queue_arn=_WORK_QUEUE, batch_size=5, name="work")
def on_work(event: SQSEvent) -> Any:
    """Work that transactions have left to do."""
    return loan_jobs.do_messages(event.to_dict()["Records"])


gc.freeze()
gc.enable()
