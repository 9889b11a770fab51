"""MiniStack, an AWS emulator that needs no Docker, in a virtual environment with the Lambda runtime's Python.

It executes deployed code, so it listens on the loopback interface only. With ``enforce_policies`` it checks every call
of a function against the function's role, as AWS does.
"""

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
FOLDER: Final = ROOT / "build" / "emulator"
DEFAULT_PORT: Final = 4566
REGION: Final = "us-east-1"
ROOT_CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 20.0


class EmulatorFailed(Exception):
    """The emulator did not start; the message names its log."""


def environment(port: int) -> dict[str, str]:
    """Return environment variables for AWS clients of the emulator, without those of the developer's account."""
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
    """Adapt a template in place: the emulator requires an action for message batches that IAM does not have."""
    resources = template["Resources"].values()
    policies = [policy for each in resources for policy in each.get("Properties", {}).get("Policies") or ()]
    for statement in (statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]):
        if "sqs:SendMessage" in statement["Action"]:
            statement["Action"] = [*statement["Action"], "sqs:SendMessageBatch"]
    return template


def start(port: int, folder: Path, *, enforce_policies: bool = True) -> subprocess.Popen[bytes]:
    """Start the emulator in the background, with its files in ``folder``, and wait until it responds.

    Raises:
        EmulatorFailed: it exited, or did not respond within a minute.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log"
    settings = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AUTH": "true" if enforce_policies else "false",
        "STATE_DIR": str(folder / "state"),
        "TMPDIR": str(folder),
        "DOCKER_HOST": "unix:///nowhere",  # functions run as processes even if Docker is available
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        **ROOT_CREDENTIALS,
    }
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [str(PYTHON), "-m", "ministack"],
            cwd=folder,
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if _responds(port):
            return process
        time.sleep(0.1)
    stop(process)
    raise EmulatorFailed(f"MiniStack did not start; its log: {log}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the emulator and the processes of the functions, and wait until it has exited."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def running(*, enforce_policies: bool = True) -> Iterator[int]:
    """Run an emulator on a free port and yield the port."""
    with tempfile.TemporaryDirectory(prefix="p2p-emulator-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        process = start(port, Path(folder), enforce_policies=enforce_policies)
        try:
            yield port
        finally:
            stop(process)


def _responds(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_localstack/health", timeout=2) as response:
            return int(response.status) == 200
    except OSError:
        return False


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("up", "down"))
    given = parser.parse_args(arguments)
    pid_file = FOLDER / "pid"
    if given.action == "up":
        if _responds(DEFAULT_PORT):
            print(f"Port {DEFAULT_PORT} is already in use.")
            return 0
        process = start(DEFAULT_PORT, FOLDER)
        pid_file.write_text(str(process.pid))
        print(f"MiniStack on http://127.0.0.1:{DEFAULT_PORT}, process {process.pid}; its log: {FOLDER / 'log'}")
    elif pid_file.exists():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(pid_file.read_text()), signal.SIGTERM)
        pid_file.unlink()
        print("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
