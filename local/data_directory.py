"""The folder of the local data: one owner at a time, and the address of the database that serves it."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.errors import StartError

_ORPHAN_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """The process id and the URL of a database."""

    pid: int
    endpoint: str


class DataInUseError(StartError):
    """Another program serves this data."""

    def __init__(self, path: Path, owner: int | None) -> None:
        super().__init__(
            f"Another `make run` (process {owner or 'unknown'}) uses the data in {path}.\n"
            "Stop it, or keep your own data elsewhere: DATA_DIR=/tmp/other PORT=8001 make run"
        )


class DataDirectory:
    """A folder with the database, its log, and the lock of its owner."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "dynamodb.sqlite"
        self.log = path / "database.log"
        self._lock = path / "lock"
        self._address = path / "database.json"

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Own the folder. The kernel releases the lock however the owner ends.

        Raises:
            DataInUseError: it has an owner already.
        """
        with self._lock.open("a+", encoding="utf-8") as lock:
            if not _lock(lock.fileno()):
                raise DataInUseError(self.path, self._owner())
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            self._end_orphan()
            yield
            self._address.unlink(missing_ok=True)

    def is_claimed(self) -> bool:
        """Return whether another program owns the folder."""
        with self._lock.open("a+", encoding="utf-8") as probe:
            return not _lock(probe.fileno())

    def publish_address(self, address: DatabaseAddress) -> None:
        """Write the address for other programs, in one step so that none reads half of it."""
        new = self._address.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(json.dumps({"pid": address.pid, "endpoint": address.endpoint}), encoding="utf-8")
        new.replace(self._address)

    def database_address(self) -> DatabaseAddress | None:
        """Return the address that was published last; None if there is none that can be read."""
        try:
            found = json.loads(self._address.read_text(encoding="utf-8"))
            return DatabaseAddress(pid=int(found["pid"]), endpoint=str(found["endpoint"]))
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def _owner(self) -> int | None:
        text = self._lock.read_text(encoding="utf-8").strip()
        return int(text) if text.isdigit() else None

    def _end_orphan(self) -> None:
        """End the database of an owner that was killed: only Linux does so itself."""
        address = self.database_address()
        if address is None or not self._serves(address.pid):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(address.pid, signal.SIGTERM)
        until = time.monotonic() + _ORPHAN_SECONDS
        while self._serves(address.pid) and time.monotonic() < until:
            time.sleep(0.05)

    def _serves(self, pid: int) -> bool:
        """Return whether a process serves this folder's data: its id may belong to another program by now."""
        try:
            listed = subprocess.run(
                ["ps", "-ww", "-p", str(pid), "-o", "command="],
                capture_output=True,
                text=True,
                timeout=5,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return "dynoxide" in listed.stdout and str(self.database) in listed.stdout


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
