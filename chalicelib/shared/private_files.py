"""Files of a laptop's platform that only their owner may read, each written once."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def read_or_create(path: Path, make: Callable[[], str]) -> str:
    """Return the file's content. The first use writes what ``make`` returns, with mode 0600; of two uses one wins."""
    if not path.exists():
        write_once(path, make())
    return path.read_text(encoding="utf-8")


def write_once(path: Path, content: str) -> None:
    """Create the file in one step, with its folder; an existing file stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # another process was first: its content stays
    finally:
        draft.unlink()
