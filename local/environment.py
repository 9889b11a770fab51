"""The environment of the local programs: `.env`, the data directory, endpoints and dummy credentials."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chalicelib.shared.settings import IN_PROCESS, LOCAL_STAGE
from local.errors import StartError

ROOT: Final = Path(__file__).resolve().parent.parent
PARALLEL_CLIENTS: Final = 64
RELAXED_LIMITS: Final = {"THROTTLE_RATE": "50/s", "THROTTLE_AUTH": "100/min", "THROTTLE_ANON": "10000/h"}
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
    """Read `.env`, where variables of the environment take precedence, and set what a laptop needs."""
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
        StartError: a line has another form; the message names it.
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
            raise StartError(f"{path.name}, line {number}: expected NAME=value")
        yield name.strip(), value.strip().strip("'\"")


def is_local_stage() -> bool:
    """Return whether the stage is the local one."""
    return os.environ.get("STAGE", LOCAL_STAGE) == LOCAL_STAGE


def configured_endpoint() -> str | None:
    """Return the DynamoDB endpoint that the user names instead of the embedded database."""
    return os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") or os.environ.get("AWS_ENDPOINT_URL") or None


def use_configured_endpoint() -> None:
    """Use the endpoint of the environment. Emulators accept any credentials, so missing ones get dummy values."""
    for name, value in _DUMMY.items():
        os.environ.setdefault(name, value)


def use_own_database(endpoint: str) -> None:
    """Send calls to the embedded database, and keep the developer's AWS account out of it."""
    for name in _POINTS_ELSEWHERE:
        os.environ.pop(name, None)
    os.environ.update(_DUMMY)
    os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = endpoint
    os.environ["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] = endpoint


def data_directory() -> Path:
    """Return the folder of the local data: ``DATA_DIR``, else `.local` in the project.

    The setting is made absolute, so that every part of the program uses the same folder.

    Raises:
        StartError: the folder cannot be created.
    """
    path = Path(os.environ.get("DATA_DIR") or ROOT / ".local").expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(f"DATA_DIR: {path} cannot be created ({error.strerror})") from error
    os.environ["DATA_DIR"] = str(path)
    return path


def port() -> int:
    """Return the port of the platform: ``PORT``, else 8000.

    Raises:
        StartError: it is not a port number.
    """
    text = os.environ.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise StartError(f"PORT={text!r}: give a number up to 65535, such as 8001")
    return int(text)
