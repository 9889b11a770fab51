"""Positions in streams and last runs of schedules, kept in a file so that a restart continues from them."""

import json
import threading
import time
from pathlib import Path
from typing import Final

_SAVE_INTERVAL_SECONDS: Final = 1.0


class Positions:
    """Named positions in a JSON file, which is replaced as a whole.

    A process that is killed loses the positions of its last second. Its records then come again: every handler
    counts a record once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._by_name: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        self._is_saved = True
        self._saved_at = 0.0

    def get(self, name: str) -> str | None:
        return self._by_name.get(name)

    def set(self, name: str, position: str) -> None:
        """Change a position in memory; ``save`` writes it."""
        with self._lock:
            self._by_name[name] = position
            self._is_saved = False

    def save(self, *, now: bool = False) -> None:
        """Write what has changed, at most once a second unless ``now`` is set."""
        with self._lock:
            moment = time.monotonic()
            if self._is_saved or (not now and moment - self._saved_at < _SAVE_INTERVAL_SECONDS):
                return
            written = self._path.with_suffix(".new")
            written.write_text(json.dumps(self._by_name))
            written.replace(self._path)
            self._is_saved, self._saved_at = True, moment
