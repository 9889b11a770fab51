"""The environment of the local programs: `.env`, the data directory, endpoints and dummy credentials."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chalicelib.shared.settings import IN_PROCESS, LOCAL_STAGE
from local.failure import StartFailure

ROOT: Final = Path(__file__).resolve().parent.parent
PARALLEL_CLIENTS: Final = 64
RELAXED_LIMITS: Final = {"THROTTLE_RATE": "20/s", "THROTTLE_AUTH": "100/min", "THROTTLE_ANON": "10000/h"}
"""Limits for one developer who plays all users from one address. The environment and `.env` take precedence.

A limit by the second is cheap: the limiter keeps the time of each request that the limit allows in its window.
"""

_DUMMY: Final = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
_POINTS_ELSEWHERE: Final = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)


def prepare() -> None:
    """Read `.env` (what is set already wins) and set what a laptop needs."""
    read_env_file(ROOT / ".env")
    os.environ.setdefault("STAGE", LOCAL_STAGE)
    os.environ.setdefault("CONNECTION_POOL_SIZE", str(PARALLEL_CLIENTS))
    if is_local_stage():
        os.environ["CACHE_URL"] = os.environ.get("CACHE_URL") or IN_PROCESS
    for name, limit in RELAXED_LIMITS.items():
        os.environ[name] = os.environ.get(name) or limit


def read_env_file(path: Path) -> None:
    """Set the variables of a file of ``NAME=value`` lines that are not set yet; the file may be missing.

    Raises:
        StartFailure: names the line that is of another form.
    """
    if not path.is_file():
        return
    for name, value in _variables(path):
        os.environ.setdefault(name, value)


def _variables(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise StartFailure(f"{path.name}, line {number}: expected NAME=value")
        yield name.strip(), value.strip().strip("'\"")


def is_local_stage() -> bool:
    """Whether this is the laptop's own stage."""
    return os.environ.get("STAGE", LOCAL_STAGE) == LOCAL_STAGE


def given_endpoint() -> str | None:
    """The DynamoDB endpoint that the user names instead of the embedded engine."""
    return os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") or os.environ.get("AWS_ENDPOINT_URL") or None


def use_given_endpoint() -> None:
    """Use the endpoint of the environment; emulators take any credentials, so missing ones are made up."""
    for name, value in _DUMMY.items():
        os.environ.setdefault(name, value)


def use_engine(endpoint: str) -> None:
    """Send DynamoDB's calls to our own engine, and keep the developer's AWS account out of it."""
    for name in _POINTS_ELSEWHERE:
        os.environ.pop(name, None)
    os.environ.update(_DUMMY)
    os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = endpoint
    os.environ["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] = endpoint


def data_directory() -> Path:
    """Where the local data is kept: ``DATA_DIR``, else `.local` in the project.

    The setting is made absolute, so that every part of the program means the same folder.

    Raises:
        StartFailure: the folder cannot be made.
    """
    path = Path(os.environ.get("DATA_DIR") or ROOT / ".local").expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartFailure(f"DATA_DIR: {path} cannot be made ({error.strerror})") from error
    os.environ["DATA_DIR"] = str(path)
    return path


def port() -> int:
    """Where the platform listens: ``PORT``, else 8000.

    Raises:
        StartFailure: it is not a port number.
    """
    text = os.environ.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise StartFailure(f"PORT={text!r}: give a number up to 65535, such as 8001")
    return int(text)
