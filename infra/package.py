"""`make package STAGE=…`: build a release (bundle and template) in build/<stage>.

Runs on the Python version of the Lambda runtime: Chalice derives the runtime from it, and it compiles the code.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from chalicelib.jobs.schedule import QUEUES, SCHEDULED_JOBS, STREAMS
from infra import STAGES
from infra.bundle import digest_of, rebuild, size_of
from infra.emulator import adapted
from infra.policies import write_policies
from infra.template import Template, finish

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = ROOT / "build"
OLDEST_PYTHON: Final = (3, 12)  # the first version with SnapStart
LARGEST_PACKED_BYTES: Final = 20_000_000
PLAIN: Final = "chalice.zip"
_PACKAGED: Final = ("app.py", "requirements.txt")
_NOT_PACKAGED: Final = shutil.ignore_patterns("__pycache__", "*.pyc")
_ARCHITECTURES: Final = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


class CannotPackage(Exception):
    """The release cannot be built; the message gives the reason."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build a release and print its properties. Return 0, or 1 if it cannot be built."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", choices=STAGES, required=True)
    parser.add_argument("--host", action="store_true", help="build for this machine's processor, to run in an emulator")
    parser.add_argument("--template-only", action="store_true", help="write the template only, for inspection")
    parser.add_argument("--out", type=Path, help="output folder (default: build/<stage>)")
    given = parser.parse_args(arguments)
    # Absolute, because Chalice runs in another folder.
    out = (given.out or BUILD / (f"{given.stage}-host" if given.host else given.stage)).resolve()
    try:
        if given.template_only:
            write_template(given.stage, given.out or BUILD / "templates" / given.stage)
        else:
            build(given.stage, out, architecture=host_architecture() if given.host else None)
    except CannotPackage as error:
        print(f"Not packaged. {error}", file=sys.stderr)
        return 1
    return 0


def build(stage: str, out: Path, *, architecture: str | None = None) -> Path:
    """Build a release of a stage and return its zip file.

    Args:
        stage: dev, staging or prod.
        out: Folder of the release; replaced if it exists.
        architecture: Overrides the one in `.chalice/config.json`, for an emulator on this machine's processor.

    Raises:
        CannotPackage: this Python is too old, Chalice failed, or the bundle is too large.
    """
    if sys.version_info < OLDEST_PYTHON:
        raise CannotPackage("Packaging needs Python 3.12 or later, the oldest runtime with SnapStart.")
    began = time.monotonic()
    shutil.rmtree(out, ignore_errors=True)
    source = _copy_source(out / "source", architecture)
    template = _merged(stage, source, out / "chalice")
    plain, archive = out / PLAIN, out / "deployment.zip"
    shutil.move(out / "chalice" / "deployment.zip", plain)
    rebuild(plain, archive, out / "contents")
    _write(adapted(template) if architecture else template, out)
    _print_summary(template, plain, archive, time.monotonic() - began)
    shutil.rmtree(source)
    shutil.rmtree(out / "chalice")
    if archive.stat().st_size > LARGEST_PACKED_BYTES:
        raise CannotPackage(f"{archive} is larger than {LARGEST_PACKED_BYTES / 1e6:.0f} MB.")
    return archive


def write_template(stage: str, out: Path) -> Template:
    """Write the template of a stage without a bundle. This takes seconds, because nothing is downloaded.

    Raises:
        CannotPackage: Chalice failed.
    """
    with tempfile.TemporaryDirectory(prefix="p2p-template-") as work:
        source = _copy_source(Path(work) / "source", None)
        (source / "requirements.txt").write_text("", encoding="utf-8")
        template = _merged(stage, source, Path(work) / "chalice")
    out.mkdir(parents=True, exist_ok=True)
    _write(template, out)
    return template


def host_architecture() -> str:
    """Return Lambda's name for this machine's processor architecture.

    Raises:
        CannotPackage: Lambda does not support the processor.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise CannotPackage(f"Lambda does not support {machine}.")
    return _ARCHITECTURES[machine]


def _copy_source(folder: Path, architecture: str | None) -> Path:
    """Copy the sources to package, without compiled files."""
    folder.mkdir(parents=True)
    for name in _PACKAGED:
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(ROOT / "chalicelib", folder / "chalicelib", ignore=_NOT_PACKAGED)
    (folder / ".chalice").mkdir()
    config: dict[str, Any] = json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    config["lambda_functions"] |= event_functions()
    if architecture is not None:
        config["lambda_architecture"] = architecture
    (folder / ".chalice" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    write_policies(folder / ".chalice")
    return folder


def event_functions() -> dict[str, dict[str, str | int]]:
    """Return Chalice's configuration of the functions that events start, from the table of jobs."""
    return {
        each.name: {
            "iam_policy_file": f"policy-{each.name}.json",
            "lambda_memory_size": each.memory_mb,
            "lambda_timeout": each.timeout_seconds,
        }
        for each in (*STREAMS, *QUEUES, *SCHEDULED_JOBS)
    }


def _write(template: Template, out: Path) -> None:
    (out / "template.json").write_text(json.dumps(template, indent=1) + "\n", encoding="utf-8")


def _merged(stage: str, source: Path, out: Path) -> Template:
    _chalice_package(stage, source, out)
    return finish(yaml.safe_load((out / "sam.yaml").read_text(encoding="utf-8")), stage)


def _chalice_package(stage: str, source: Path, out: Path) -> None:
    chalice = Path(sys.executable).parent / "chalice"
    template = ROOT / "infra" / "template.yaml"
    # Chalice derives service principals from the region's partition through botocore, without any request to AWS.
    region = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
    # Chalice downloads wheels of another processor one by one, without their hashes: a constraint makes pip check them.
    hashes = {"PIP_CONSTRAINT": str(ROOT / "requirements.txt")}
    environment = {**os.environ, **region, **hashes, "PYTHONDONTWRITEBYTECODE": "1", "STAGE": "local"}
    ran = subprocess.run(
        [str(chalice), "package", "--stage", stage, "--merge-template", str(template), str(out)],
        cwd=source,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ran.returncode or not (out / "deployment.zip").exists() or "Could not install dependencies" in ran.stdout:
        raise CannotPackage(f"chalice package failed:\n{ran.stdout.strip()}")


def _print_summary(template: Template, plain: Path, archive: Path, seconds: float) -> None:
    function = template["Resources"]["APIHandler"]["Properties"]
    print(f"{function['Runtime']} on {function['Architectures'][0]}, {len(template['Resources'])} resources")
    print(f"packaged by Chalice: {size_of(plain)}")
    print(f"trimmed and compiled: {size_of(archive)}")
    print(f"SHA-256 {digest_of(archive)}")
    print(f"{archive.relative_to(ROOT) if archive.is_relative_to(ROOT) else archive} in {seconds:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
