"""Page of contents: what the platform answers to, and where it is written."""

from typing import Any

from chalice.app import Chalice, CloudWatchEvent, DynamoDBEvent, SQSEvent

from chalicelib.admin.routes import admin
from chalicelib.common.api import edge
from chalicelib.common.middleware import around_request
from chalicelib.loans import jobs as loan_jobs
from chalicelib.loans.routes import loans
from chalicelib.users.routes import users
from chalicelib.wallets.routes import wallets
from chalicelib.web.root import root
from chalicelib.web.routes import pages
from chalicelib.wiring import platform

app = Chalice(app_name="p2p-lending")
app.register_middleware(around_request, "http")
edge.use(lambda: platform().gate)

for blueprint in (pages, root, users, wallets, loans, admin):
    app.register_blueprint(blueprint)

# The ARNs stand in for those of the tables and the queue, which the merged template puts in their place.
_LOANS_STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/loans/stream/0"
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


@app.schedule("rate(1 hour)", name="outbox_sweep")
def on_outbox_sweep(event: CloudWatchEvent) -> Any:
    """Send again what waits in the outbox for more than five minutes."""
    return loan_jobs.sweep_outbox()


@app.on_sqs_message(queue_arn=_WORK_QUEUE, batch_size=5, name="work")
def on_work(event: SQSEvent) -> Any:
    """Work that transactions have left to do."""
    return loan_jobs.do_messages(event.to_dict()["Records"])
