"""The bundle: small, compiled, and the same bytes every time."""

import ast
import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest
import stdnum

from infra.bundle import STANDARD_NUMBERS, digest_of, rebuild, size_of
from tests.architecture.source import PLATFORM, sources

_CHECK_NUMBERS: Final = """
from stdnum import iban, iso11649
from stdnum.iso7064 import mod_97_10
from stdnum.us import rtn

valid = iban.is_valid("DE89370400440532013000", check_country=False)
reference = "RF" + mod_97_10.calc_check_digits("539007547034RF") + "539007547034"
print(valid, rtn.is_valid("111000025"), iso11649.is_valid(reference), reference)
"""

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


def test_only_used_numbers_are_packaged(tmp_path: Path) -> None:
    standard_numbers = Path(str(stdnum.__file__)).parent
    files = [path for path in standard_numbers.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    with zipfile.ZipFile(tmp_path / "plain.zip", "w") as archive:
        for path in files:
            archive.write(path, path.relative_to(standard_numbers.parent))
        for name in ("chalicelib/__init__.py", "botocore/data/endpoints.json"):
            archive.writestr(name, _CONTENTS[name])

    rebuild(tmp_path / "plain.zip", tmp_path / "bundle.zip", tmp_path / "contents")

    with zipfile.ZipFile(tmp_path / "bundle.zip") as opened:
        packaged = {name for name in opened.namelist() if name.startswith("stdnum/") and "__pycache__" not in name}
    assert packaged == {f"stdnum/{name}" for name in STANDARD_NUMBERS if "." in name}
    checked = subprocess.run(
        [sys.executable, "-c", _CHECK_NUMBERS],
        env={"PYTHONPATH": str(tmp_path / "bundle.zip")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (checked.returncode, checked.stdout) == (0, "True True True RF18539007547034\n"), checked.stderr


def test_every_imported_module_of_stdnum_is_packaged() -> None:
    imports = [
        node for source in sources(*PLATFORM) for node in ast.walk(source.tree) if isinstance(node, ast.ImportFrom)
    ]
    names = [
        (f"{node.module}.{alias.name}".split(".")[1:])
        for node in imports
        for alias in node.names
        if (node.module or "").partition(".")[0] == "stdnum"
    ]

    # The last part names a module, or something in the module before it.
    missing = [name for name in names if not {f"{'/'.join(name)}.py", f"{'/'.join(name[:-1])}.py"} & STANDARD_NUMBERS]
    assert names != []
    assert missing == []


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
