"""Files that hold a key of a laptop's platform. The first use creates them; only their owner may read them."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def read_or_create(path: Path, make: Callable[[], str]) -> str:
    """Return the file's content. The first use writes what ``make`` returns, with mode 0600; of two uses one wins."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _publish(path, make())
    return path.read_text(encoding="utf-8")


def _publish(path: Path, content: str) -> None:
    """Create the file in one step; an existing file stays."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # another process was first: its key is the key
    finally:
        draft.unlink()
