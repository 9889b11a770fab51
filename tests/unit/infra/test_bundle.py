"""The bundle: small, compiled, and the same bytes every time."""

import importlib.util
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

from infra.bundle import digest_of, rebuild, size_of

_CONTENTS: Final = {
    "app.py": "import chalicelib.money\n",
    "chalicelib/__init__.py": "",
    "chalicelib/money.py": "CENTS = {'a', 'b', 'c', 'd'}\n",
    "botocore/data/endpoints.json": "{}",
    "botocore/data/dynamodb/2012-08-10/service-2.json.gz": "…",
    "botocore/data/dynamodb/2012-08-10/examples-1.json": "{}",
    "botocore/data/ec2/2016-11-15/service-2.json.gz": "…",
    "boto3/__init__.py": "",
    "boto3/data/ec2/resources-1.json": "{}",
    "redis/py.typed": "",
    "redis-8.dist-info/RECORD": "",
    "redis-8.dist-info/licenses/LICENSE": "MIT",
    "_cffi.so": "",
}


def _plain(path: Path, names: list[str], moment: tuple[int, int, int, int, int, int]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name, moment), _CONTENTS[name])
    return path


def _rebuilt(place: Path, names: list[str], year: int) -> Path:
    place.mkdir()
    plain = _plain(place / "plain.zip", names, (year, 5, 17, 9, 30, 2))
    rebuild(plain, place / "bundle.zip", place / "contents")
    return place / "bundle.zip"


def test_equal_files_make_equal_bytes(tmp_path: Path) -> None:
    first = _rebuilt(tmp_path / "first", sorted(_CONTENTS), 2025)
    second = _rebuilt(tmp_path / "second", sorted(_CONTENTS, reverse=True), 2026)

    assert digest_of(first) == digest_of(second)


def test_unused_files_are_omitted_but_licences_kept(tmp_path: Path) -> None:
    bundle = _rebuilt(tmp_path / "one", sorted(_CONTENTS), 2026)

    names = {name for name in zipfile.ZipFile(bundle).namelist() if "__pycache__" not in name}

    assert set(_CONTENTS) - names == {
        "botocore/data/dynamodb/2012-08-10/examples-1.json",
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "boto3/data/ec2/resources-1.json",
        "redis/py.typed",
        "redis-8.dist-info/RECORD",
    }


def test_modules_are_compiled_without_source_checks(tmp_path: Path) -> None:
    bundle = _rebuilt(tmp_path / "one", sorted(_CONTENTS), 2026)

    with zipfile.ZipFile(bundle) as opened:
        compiled = {name: opened.read(name) for name in opened.namelist() if name.endswith(".pyc")}
    tag = sys.implementation.cache_tag

    assert f"chalicelib/__pycache__/money.{tag}.pyc" in compiled
    assert len(compiled) == sum(name.endswith(".py") for name in _CONTENTS)
    for code in compiled.values():
        assert code[:4] == importlib.util.MAGIC_NUMBER
        assert int.from_bytes(code[4:8], "little") == 1  # by hash, unchecked


def test_invalid_module_is_not_packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_CONTENTS, "chalicelib/money.py", "def :\n")

    with pytest.raises(SyntaxError, match="money"):
        _rebuilt(tmp_path / "broken", sorted(_CONTENTS), 2026)


def test_size_is_given_packed_and_unpacked(tmp_path: Path) -> None:
    plain = _plain(tmp_path / "plain.zip", ["app.py"], (2026, 1, 1, 0, 0, 0))

    size = size_of(plain)

    assert size.unpacked == len(_CONTENTS["app.py"])
    assert size.packed == plain.stat().st_size
