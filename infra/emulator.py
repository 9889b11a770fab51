"""AWS on this machine without Docker: MiniStack, in a virtual environment of the functions' own Python.

It runs the code that it is given, so it listens on the loopback interface alone. With ``enforce_policies`` every call
of a function is checked against its role, as in an account.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

Template = dict[str, Any]

ROOT: Final = Path(__file__).resolve().parent.parent
PYTHON: Final = ROOT / "build" / "emulator-venv" / "bin" / "python"
PLACE: Final = ROOT / "build" / "emulator"
USUAL_PORT: Final = 4566
REGION: Final = "us-east-1"
ROOT_CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_UP_WITHIN_SECONDS: Final = 60.0
_DOWN_WITHIN_SECONDS: Final = 20.0


class EmulatorFailed(Exception):
    """It did not start; the message names its log."""


def environment(port: int) -> dict[str, str]:
    """What AWS clients need to find it, and nothing of the developer's own account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        **ROOT_CREDENTIALS,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }


def adapted(template: Template) -> Template:
    """A template for the emulator, which wants batches of messages allowed by a name unknown to IAM. Changes it."""
    resources = template["Resources"].values()
    policies = [policy for each in resources for policy in each.get("Properties", {}).get("Policies") or ()]
    for statement in (statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]):
        if "sqs:SendMessage" in statement["Action"]:
            statement["Action"] = [*statement["Action"], "sqs:SendMessageBatch"]
    return template


def start(port: int, place: Path, *, enforce_policies: bool = True) -> subprocess.Popen[bytes]:
    """Start it in the background, with its files in ``place``, and wait until it answers.

    Raises:
        EmulatorFailed: it ended again, or did not answer within a minute.
    """
    place.mkdir(parents=True, exist_ok=True)
    log = place / "log"
    settings = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AUTH": "true" if enforce_policies else "false",
        "STATE_DIR": str(place / "state"),
        "TMPDIR": str(place),
        "DOCKER_HOST": "unix:///nowhere",  # functions run as processes, also where a Docker is at hand
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(place),
        **ROOT_CREDENTIALS,
    }
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [str(PYTHON), "-m", "ministack"],
            cwd=place,
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    until = time.monotonic() + _UP_WITHIN_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if _answers(port):
            return process
        time.sleep(0.1)
    stop(process)
    raise EmulatorFailed(f"MiniStack did not start; its log: {log}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it and the functions' processes, and wait for its end."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_DOWN_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def running(*, enforce_policies: bool = True) -> Iterator[int]:
    """One of our own on a free port, which is given, for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="p2p-emulator-") as place, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        process = start(port, Path(place), enforce_policies=enforce_policies)
        try:
            yield port
        finally:
            stop(process)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_localstack/health", timeout=2) as answer:
            return int(answer.status) == 200
    except OSError:
        return False


def main(arguments: Sequence[str] | None = None) -> int:
    """Start or stop the one on the usual port."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("up", "down"))
    given = parser.parse_args(arguments)
    note = PLACE / "pid"
    if given.action == "up":
        if _answers(USUAL_PORT):
            print(f"Something answers on port {USUAL_PORT} already.")
            return 0
        process = start(USUAL_PORT, PLACE)
        note.write_text(str(process.pid))
        print(f"MiniStack on http://127.0.0.1:{USUAL_PORT}, process {process.pid}; its log: {PLACE / 'log'}")
    elif note.exists():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(note.read_text()), signal.SIGTERM)
        note.unlink()
        print("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
