"""Write emails to files, on a laptop and in tests."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from chalicelib.notifications.domain.email import Email
from chalicelib.shared.clock import Clock, rfc3339
from chalicelib.shared.private_files import write_once

_SUFFIX: Final = ".json"


@dataclass(frozen=True, slots=True)
class SentEmail:
    """An email that was sent, with its time."""

    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    created_at: datetime


class FileSender:
    """Keeps each email in a file of its own, which only the owner may read.

    The file's name follows from the key, and the first email with a key stays: a repetition sends nothing.

    Args:
        folder: the folder of the files, created by the first email.
        real_time: the time of an email.
    """

    def __init__(self, folder: Path, real_time: Clock) -> None:
        self._folder = folder
        self._real_time = real_time

    def send(self, email: Email) -> None:
        """Write an email in one step; nothing happens if one with its key exists."""
        path = self._folder / f"{hashlib.sha256(email.key.encode()).hexdigest()}{_SUFFIX}"
        content = {**asdict(email), "headers": dict(email.headers), "created_at": rfc3339(self._real_time())}
        write_once(path, json.dumps(content, ensure_ascii=False))

    def sent(self, *, limit: int) -> list[SentEmail]:
        """Return up to ``limit`` emails, newest first."""
        files = [(entry.stat().st_mtime_ns, entry.path) for entry in self._entries()]
        newest = sorted(files, reverse=True)[:limit]
        found = [_read(Path(path)) for _, path in newest]
        return sorted(found, key=lambda email: email.created_at, reverse=True)

    def _entries(self) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._folder) as entries:
                return [entry for entry in entries if entry.name.endswith(_SUFFIX)]
        except FileNotFoundError:
            return []


def _read(path: Path) -> SentEmail:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    del content["key"]
    return SentEmail(**{**content, "created_at": datetime.fromisoformat(content["created_at"])})
