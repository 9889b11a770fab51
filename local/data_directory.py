"""The folder of the local data: one owner at a time, and a note of the engine that serves it."""

from __future__ import annotations

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

from local.failure import StartFailure

_LEFTOVER_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class EngineNote:
    """Which process serves the data, and where."""

    pid: int
    endpoint: str


class InUse(StartFailure):
    """Another program serves this data."""

    def __init__(self, path: Path, owner: int | None) -> None:
        super().__init__(
            f"Another `make run` (process {owner or 'unknown'}) uses the data in {path}.\n"
            "Stop it, or keep your own data elsewhere: DATA_DIR=/tmp/other PORT=8001 make run"
        )


class DataDirectory:
    """A folder with the database, its log, and the lock of whoever serves it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "dynamodb.sqlite"
        self.log = path / "engine.log"
        self._lock = path / "lock"
        self._note = path / "engine.json"

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Own the folder. The kernel gives the lock back however the owner ends.

        Raises:
            InUse: it has an owner.
        """
        with self._lock.open("a+", encoding="utf-8") as held:
            if not _lock(held.fileno()):
                raise InUse(self.path, self._owner())
            held.truncate(0)
            held.write(str(os.getpid()))
            held.flush()
            self._end_leftover_engine()
            yield
            self._note.unlink(missing_ok=True)

    def is_claimed(self) -> bool:
        """Whether another program owns the folder."""
        with self._lock.open("a+", encoding="utf-8") as probe:
            return not _lock(probe.fileno())

    def note_engine(self, note: EngineNote) -> None:
        """Leave word for other programs, in one step so that none reads half of it."""
        new = self._note.with_suffix(".new")
        new.write_text(json.dumps({"pid": note.pid, "endpoint": note.endpoint}), encoding="utf-8")
        new.replace(self._note)

    def noted_engine(self) -> EngineNote | None:
        """The engine that was noted last; None when there is no readable note."""
        try:
            found = json.loads(self._note.read_text(encoding="utf-8"))
            return EngineNote(pid=int(found["pid"]), endpoint=str(found["endpoint"]))
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def _owner(self) -> int | None:
        text = self._lock.read_text(encoding="utf-8").strip()
        return int(text) if text.isdigit() else None

    def _end_leftover_engine(self) -> None:
        """End the engine of an owner that was killed: where the kernel does not do so, it lives on."""
        note = self.noted_engine()
        if note is None or not self._serves(note.pid):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(note.pid, signal.SIGTERM)
        until = time.monotonic() + _LEFTOVER_SECONDS
        while self._serves(note.pid) and time.monotonic() < until:
            time.sleep(0.05)

    def _serves(self, pid: int) -> bool:
        """Whether the process is an engine on our own database: the number may belong to another by now."""
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
