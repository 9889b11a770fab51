"""The embedded database: a child process that never outlives the program that started it.

It checks neither origins nor signatures, and allows web pages of every origin to read its responses (ADR 21). On Linux
it therefore listens on a random one of the 16 million loopback addresses, which no page can find by trying, and only
the files of its owner hold the address.
"""

import contextlib
import ctypes
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from secrets import randbelow
from types import TracebackType
from typing import IO, Final, Self

from local.errors import StartError

_STARTED_WITHIN_SECONDS: Final = 10.0
_STOPPED_WITHIN_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.01
_LOCK_TIMEOUT_SECONDS: Final = 10.0
_ATTEMPTS: Final = 3
_OWNER_ONLY: Final = 0o077  # a mask: no right for the group and others
_FILES: Final = ("", "-wal", "-shm", "-journal")
_PR_SET_PDEATHSIG: Final = 1
_STREAM_INDEX: Final = """
    CREATE INDEX IF NOT EXISTS stream_records_by_number
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER))
"""


class DatabaseStartError(StartError):
    """The process of the database ended or never answered."""


class DatabaseProcess:
    """A dynoxide process on a free port of a loopback address. Use as a context manager.

    Args:
        program: the binary.
        database: the SQLite file that keeps the data; None keeps everything in memory.
        log: the file for the output of the process; None drops it.

    On Linux the kernel ends the process when the *thread* that called ``start`` ends: start it from the
    main thread.
    """

    def __init__(self, program: Path, *, database: Path | None = None, log: Path | None = None) -> None:
        self._program = program
        self._database = database
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.host = loopback_address()
        self.port = 0

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id.

        Raises:
            DatabaseStartError: it is not running.
        """
        if self._process is None:
            raise DatabaseStartError("The database is not running.")
        return self._process.pid

    def start(self) -> Self:
        """Start the process and wait until it answers.

        Raises:
            DatabaseStartError: it ended or did not answer within ten seconds.
        """
        for attempt in range(_ATTEMPTS):
            self.port = _free_port(self.host)  # another program may take it first: then try another port
            self._process = self._spawn()
            if self._answers():
                self._prepare()
                return self
            if self._process.poll() is None or attempt == _ATTEMPTS - 1:
                break
        self.stop()
        raise DatabaseStartError(f"The database did not start. Its log: {self._log or 'none'}")

    def restart(self) -> bool:
        """Start it again after it ended by itself, at the same address; return whether it answers."""
        self.stop()
        self._process = self._spawn()
        is_started = self._answers()
        if is_started:
            self._prepare()
        return is_started

    def stop(self) -> None:
        """End the process and wait for its end. Do nothing if it is not running."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOPPED_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [str(self._program), "serve", "--host", self.host, "--port", str(self.port)]
        if self._database is not None:
            _keep_from_others(self._database)
            command += ["--db-path", str(self._database)]
        with _output(self._log) as output:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches this program alone, which stops the database last
                preexec_fn=_end_with_parent(),
                umask=_OWNER_ONLY,
            )

    def _prepare(self) -> None:
        if self._database is not None:
            index_stream_records(self._database)

    def _answers(self) -> bool:
        process = self._process
        until = time.monotonic() + _STARTED_WITHIN_SECONDS
        while process is not None and process.poll() is None and time.monotonic() < until:
            if _listens(self.host, self.port):
                return process.poll() is None
            time.sleep(_POLL_SECONDS)
        return False


def index_stream_records(database: Path) -> bool:
    """Add an index by which the database finds a table's newest stream record, and those after a given one.

    The database numbers a record one higher than the highest of its table. Without the index it reads all records
    that it ever kept: with 10,000 of them, each write takes 8 ms longer. It may be running meanwhile.

    Returns:
        True if the index exists now; another version of the database may keep its records in another form.
    """
    with contextlib.closing(sqlite3.connect(database, timeout=_LOCK_TIMEOUT_SECONDS)) as connection:
        try:
            connection.execute(_STREAM_INDEX)
        except sqlite3.OperationalError:
            return False
    return True


def loopback_address() -> str:
    """Return a random address of 127.0.0.0/8, all of which Linux serves; elsewhere 127.0.0.1."""
    if not sys.platform.startswith("linux"):
        return "127.0.0.1"
    return ".".join(str(part) for part in (127, randbelow(255) + 1, randbelow(256), randbelow(253) + 2))


def _keep_from_others(database: Path) -> None:
    """Take the rights of the group and others from files that an earlier version created."""
    for suffix in _FILES:
        with contextlib.suppress(FileNotFoundError):
            database.with_name(database.name + suffix).chmod(0o600)


def _output(log: Path | None) -> IO[bytes]:
    if log is None:
        return Path(os.devnull).open("wb")
    log.touch(mode=0o600)
    log.chmod(0o600)
    return log.open("ab")


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def _end_with_parent() -> Callable[[], None] | None:
    """Return a function by which a child on Linux asks the kernel to kill it when its parent dies, even by kill -9."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent died before the kernel was asked
            os.kill(os.getpid(), signal.SIGKILL)

    return ask
