"""Build the Lambda bundle: trimmed, compiled and reproducible byte for byte."""

import compileall
import hashlib
import os
import py_compile
import shutil
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SERVICES: Final = frozenset({"dynamodb", "events", "kms", "secretsmanager", "sesv2", "sqs"})
"""AWS services that the functions call; botocore's descriptions of other services are removed."""

STANDARD_NUMBERS: Final = frozenset(
    {
        "__init__.py", "exceptions.py", "iban.dat", "iban.py", "iso11649.py", "iso7064", "iso7064/__init__.py",
        "iso7064/mod_97_10.py", "numdb.py", "us", "us/__init__.py", "us/rtn.py", "util.py",
    }
)  # fmt: skip
"""Files of stdnum that the functions import; the numbers of other countries and their registries are removed."""
TASK_ROOT: Final = "/var/task"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_NOT_AT_RUN_TIME: Final = ("**/*.pyi", "**/py.typed", "**/RECORD", "**/*.h", "boto3/examples", "boto3/data/*", "bin")


@dataclass(frozen=True, slots=True)
class Size:
    packed: int
    unpacked: int

    def __str__(self) -> str:
        return f"{self.packed / 1e6:.1f} MB packed, {self.unpacked / 1e6:.1f} MB unpacked"


def size_of(archive: Path) -> Size:
    with zipfile.ZipFile(archive) as opened:
        return Size(archive.stat().st_size, sum(entry.file_size for entry in opened.infolist()))


def digest_of(archive: Path) -> str:
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def rebuild(plain: Path, archive: Path, folder: Path) -> None:
    """Unpack ``plain`` into ``folder``, remove unused files, add compiled code, and pack the result as ``archive``."""
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(plain) as opened:
        opened.extractall(folder)
    trim(folder)
    compile_all(folder)
    pack(folder, archive)
    shutil.rmtree(folder)


def trim(folder: Path) -> None:
    """Remove files that no function reads at run time."""
    for service in (folder / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    for path in sorted((folder / "stdnum").rglob("*"), reverse=True):
        if path.relative_to(folder / "stdnum").as_posix() not in STANDARD_NUMBERS:
            path.rmdir() if path.is_dir() else path.unlink()
    for pattern in (*_NOT_AT_RUN_TIME, "botocore/data/**/examples-1.json*"):
        for path in sorted(folder.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def compile_all(folder: Path) -> None:
    """Compile every module. The result holds no timestamps, so Lambda uses it without checking the source.

    Raises:
        SyntaxError: a module of the platform does not compile.
    """
    compileall.compile_dir(
        str(folder),
        quiet=2,
        ddir=TASK_ROOT,
        workers=1,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    missing = [path for path in (folder / "chalicelib").rglob("*.py") if not _compiled(path).exists()]
    if missing:
        raise SyntaxError(f"does not compile: {missing[0]}")


def pack(folder: Path, archive: Path) -> None:
    """Zip a folder reproducibly: sorted names, a fixed time, and one of two modes."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as opened:
        for path in _files(folder):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            entry.create_system = 3  # Unix, so that the mode applies
            entry.external_attr = (stat.S_IFREG | (0o755 if path.suffix == ".so" else 0o644)) << 16
            opened.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def _files(folder: Path) -> Iterator[Path]:
    found = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    yield from sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _compiled(path: Path) -> Path:
    return next(iter((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")), path.with_suffix(".pyc"))
