"""`make run`: start everything, serve in the foreground, and stop everything that was started."""

import contextlib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from types import FrameType
from typing import Final

from chalice.app import Chalice

from chalicelib.shared.settings import InvalidSetting, read_settings
from local import environment, seed
from local.background import BackgroundWork
from local.clock import BusinessClock, open_clock, open_container
from local.database import create_missing_tables, open_database
from local.errors import StartError
from local.gateway import Gateway
from local.http_messages import HttpRequest, HttpResponse
from local.logs import DAYS_KEPT, keep_logs
from local.queues import open_queues
from local.server import LocalServer
from local.write_barrier import WriteBarrier

_DATABASE_CHECK_SECONDS: Final = 0.5
_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run until Ctrl-C or SIGTERM; return 1 if the platform cannot start."""
    try:
        _run()
    except (StartError, InvalidSetting) as error:
        print(f"\nNot started. {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped immediately.")
        return 1
    return 0


def _run() -> None:
    environment.prepare()
    stopped = _stop_on_signals()
    with contextlib.ExitStack() as running:
        server = LocalServer(_not_ready, port=environment.port())  # first: a port in use ends the start early
        running.callback(server.close)
        database = running.enter_context(open_database())
        print(f"Database: {database.description}")
        print(f"Tables: {create_missing_tables()} named {read_settings().table_prefix}*")
        queues = open_queues()
        clock = open_clock(environment.data_directory())
        container = open_container(queues, clock)
        print(f"Clock: {container.clock():%Y-%m-%d %H:%M} UTC{_lead(clock)}")
        print(f"Demo accounts: {seed.seed_at_start()}")
        print(f"Rate limits: {_limits()}")
        print(f"Logs: {keep_logs(environment.data_directory())}, kept for {DAYS_KEPT} days")
        application = _application()
        barrier = WriteBarrier(lambda: clock is not None and clock.target is not None)
        server.respond = Gateway(application, cors_origin=container.settings.cors_origin, barrier=barrier).respond
        running.enter_context(_serving(server))
        background = BackgroundWork(
            application,
            container.settings,
            queues,
            environment.data_directory(),
            clock,
            wait_until_idle=barrier.wait_until_idle,
            when_reached=container.cache.clear,
        )
        container.database.subscribers.append(background.committed)
        running.enter_context(_doing_background_work(background))
        print(_welcome(server.port), flush=True)
        while not stopped.wait(_DATABASE_CHECK_SECONDS):
            database.keep_running()  # by this thread: on Linux the database ends with the thread that started it
        print("\nStopping when running requests have finished")
    print("Stopped.")


def _stop_on_signals() -> threading.Event:
    """Return an event that the first signal sets; a second signal interrupts what is still running."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()

    for number in _STOP_SIGNALS:
        signal.signal(number, stop)
    return stopped


def _application() -> Chalice:
    """Return the application, imported only now: it reads the environment when it is imported."""
    application: Chalice = importlib.import_module("app").app
    return application


@contextlib.contextmanager
def _serving(server: LocalServer) -> Iterator[None]:
    server.start()
    try:
        yield
    finally:
        server.stop()


@contextlib.contextmanager
def _doing_background_work(background: BackgroundWork) -> Iterator[None]:
    """Run streams, schedules and queues; they stop before the server does."""
    background.start()
    try:
        yield
    finally:
        background.stop()


def _lead(clock: BusinessClock | None) -> str:
    days = round(clock.lead / timedelta(days=1)) if clock else 0
    return f", {days} days ahead; with this data it does not go back" if days else ""


def _limits() -> str:
    """Return the rate limits in force."""
    names = ("THROTTLE_RATE", "THROTTLE_AUTH", "THROTTLE_USER", "THROTTLE_ANON")
    limits = ", ".join(f"{name}={os.environ[name]}" for name in names if name in os.environ)
    return f"{limits} (for a laptop; .env.example has the defaults of the cloud)"


def _not_ready(request: HttpRequest) -> HttpResponse:
    raise AssertionError(f"{request.method} {request.target} arrived before the server was started")


def _welcome(port: int) -> str:
    url = f"http://localhost:{port}"
    return f"""
Ready: {url}   (Ctrl-C stops it)

  Application       {url}/app/
  Administration    {url}/admin/
  Documentation     {url}/api/swagger/   {url}/api/redoc/
  Demo accounts     admin / admin123, john_borrower / testpass123, sarah_lender / testpass123

Try it in another terminal:

  curl -s {url}/health
  curl -s {url}/api/users/login/ -H 'Content-Type: application/json' \\
       -d '{{"username": "john_borrower", "password": "testpass123"}}'
  make advance DAYS=33   advances the clock, with the scheduled jobs of every day
  make seed-loan         creates a loan request of 5,000.00 to offer on
"""


if __name__ == "__main__":
    sys.exit(main())
