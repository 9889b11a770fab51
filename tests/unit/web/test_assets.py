"""The static tree: hashed names, rewritten references, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.web import assets
from chalicelib.web.assets import AssetNotFound, AssetTree, packaged_assets

LONGEST_SCRIPT = 200
LONGEST_LINE = 120
_STATIC = Path(assets.__file__).parent / "static"
_OWN_SCRIPTS = [path.name for path in _STATIC.glob("*.js") if not path.name.startswith("vendor-")]


@pytest.fixture
def tree(tmp_path: Path) -> AssetTree:
    """A tree with two modules that import each other, a vendored file, and a page."""
    static, pages = tmp_path / "static", tmp_path / "pages"
    static.mkdir()
    pages.mkdir()
    static.joinpath("money.js").write_text('import { x } from "./dates.js";\nimport("./absent.js");', "utf-8")
    static.joinpath("dates.js").write_text("import * as money from './money.js';", "utf-8")
    static.joinpath("vendor-lib.js").write_text('load("./money.js")', "utf-8")
    static.joinpath("notes.md").write_text("not for sending", "utf-8")
    pages.joinpath("app.html").write_text('<script type="module" src="./money.js"></script>', "utf-8")
    return AssetTree(static, pages)


def test_imports_between_modules_carry_the_hash_of_the_tree(tree: AssetTree) -> None:
    money = tree.asset(f"{tree.version}-money.js")
    dates = tree.asset(f"{tree.version}-dates.js")

    assert f'from "./{tree.version}-dates.js"' in money.text
    assert f"from './{tree.version}-money.js'" in dates.text


def test_a_name_that_is_no_file_is_left_alone(tree: AssetTree) -> None:
    money = tree.asset(f"{tree.version}-money.js")

    assert 'import("./absent.js")' in money.text


def test_vendored_files_are_sent_as_they_are(tree: AssetTree) -> None:
    assert tree.asset(f"{tree.version}-vendor-lib.js").text == 'load("./money.js")'


def test_a_page_refers_to_files_below_the_path_of_the_stage(tree: AssetTree) -> None:
    assert f'src="/live/static/{tree.version}-money.js"' in tree.page("app", "/live")
    assert f'"/static/{tree.version}-money.js"' in tree.page("app")


def test_any_changed_file_changes_every_name(tree: AssetTree, tmp_path: Path) -> None:
    before = tree.version
    tmp_path.joinpath("static", "dates.js").write_text("export {};", "utf-8")

    after = AssetTree(tmp_path / "static", tmp_path / "pages").version

    assert before != after


@pytest.mark.parametrize(
    "name",
    ["money.js", "000000000000-money.js", "{}-absent.js", "{}-notes.md", "{}-../pages/app.html", "{}-", ""],
)
def test_no_other_name_is_served(tree: AssetTree, name: str) -> None:
    with pytest.raises(AssetNotFound):
        tree.asset(name.format(tree.version))


def test_every_packaged_reference_leads_to_a_packaged_file() -> None:
    tree = packaged_assets()
    pages = [tree.page(name) for name in ("landing", "app", "admin", "swagger", "redoc")]
    own = [name for name in tree.names if not name.startswith("vendor-")]
    texts = pages + [tree.asset(f"{tree.version}-{name}").text for name in own]

    unhashed = [text for text in texts if '"./' in text.replace(f'"./{tree.version}-', "")]

    assert unhashed == []


def test_every_vendored_library_comes_with_its_licence() -> None:
    names = packaged_assets().names
    libraries = {name.split(".")[0] for name in names if name.startswith("vendor-") and name.endswith(".js")}

    missing = [library for library in libraries if f"{library}-LICENSE.txt" not in names]

    assert missing == []


def test_no_packaged_script_of_ours_makes_markup_from_strings() -> None:
    tree = packaged_assets()
    own = [name for name in tree.names if name.endswith(".js") and not name.startswith("vendor-")]
    forbidden = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")

    found = [(name, word) for name in own for word in forbidden if word in tree.asset(f"{tree.version}-{name}").text]

    assert found == []


@pytest.mark.parametrize("name", sorted(_OWN_SCRIPTS))
def test_a_script_of_ours_is_short_enough_to_read(name: str) -> None:
    lines = (_STATIC / name).read_text("utf-8").splitlines()

    assert len(lines) <= LONGEST_SCRIPT
    assert max(map(len, lines)) <= LONGEST_LINE
    assert lines[0].startswith("/* ")
