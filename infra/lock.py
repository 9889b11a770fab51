"""Write the hashes of all files of each pinned package into the requirements files. Run by ``make lock``.

uv looks the hashes up in the package index. Names, versions and comments of the files are kept.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
FILES: Final = {
    "requirements.txt": "3.11",
    "requirements-dev.txt": "3.11",
    "infra/requirements-audit.txt": "3.11",
    "infra/requirements-checkov.txt": "3.12",
    "infra/requirements-emulator.txt": "3.12",
    "infra/requirements-lint.txt": "3.12",
    "infra/requirements-lock.txt": "3.11",
    "infra/requirements-sbom.txt": "3.12",
    "local/requirements-node.txt": "3.11",
    "local/requirements-valkey.txt": "3.11",
}
"""The oldest Python on which each file is installed."""

_PIN: Final = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z0-9,]+\])?==\S+(?: ; .+)?")
_HASH: Final = re.compile(r"\s*--hash=\S+(?: \\)?")


class CannotLock(Exception):
    """uv does not know a package, or the index gives no hashes."""


def pins_of(path: Path) -> list[str]:
    """Return the pinned requirements of a file, without their hashes."""
    return [line for line in _bare_lines(path) if _PIN.fullmatch(line)]


def lock(path: Path, python: str, uv: str) -> None:
    """Rewrite a file with current hashes.

    Raises:
        CannotLock: a hash is missing.
    """
    hashes = _hashes(pins_of(path), python, uv)
    lines: list[str] = []
    for line in _bare_lines(path):
        pin = _PIN.fullmatch(line)
        if pin is None:
            lines.append(line)
            continue
        found = hashes.get(_normalised(pin[1]))
        if not found:
            raise CannotLock(f"{path.name}: no hashes for {line}")
        lines += [f"{line} \\", *(f"    --hash={each} \\" for each in found[:-1]), f"    --hash={found[-1]}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _bare_lines(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if not _HASH.fullmatch(line):
            yield line.removesuffix("\\").rstrip()


def _hashes(pins: list[str], python: str, uv: str) -> dict[str, list[str]]:
    """Return the hashes of each package by its normalised name."""
    with tempfile.NamedTemporaryFile("w", suffix=".in", encoding="utf-8") as listed:
        listed.write("\n".join(pins))
        listed.flush()
        command = [uv, "pip", "compile", "--no-deps", "--universal", "--python-version", python]
        options = ["--generate-hashes", "--no-header", "--no-annotate", "--quiet", listed.name]
        ran = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise CannotLock(ran.stderr.strip())
    hashes: dict[str, list[str]] = {}
    name = ""
    for line in ran.stdout.splitlines():
        if pin := re.match(r"([A-Za-z0-9._-]+)(?:\[|==)", line):
            name = _normalised(pin[1])
        elif line.lstrip().startswith("--hash="):
            hashes.setdefault(name, []).append(line.strip().removeprefix("--hash=").removesuffix("\\").strip())
    return hashes


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    try:
        for name, python in FILES.items():
            lock(ROOT / name, python, os.environ.get("UV", "uv"))
            print(f"{name}: {len(pins_of(ROOT / name))} packages")
    except CannotLock as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
