"""The asset tree: hashed names, rewritten references, licences, limits on scripts."""

import re
from pathlib import Path

import pytest

from chalicelib.web import assets
from chalicelib.web.assets import AssetNotFound, AssetTree, packaged_assets

MAX_SCRIPT_LINES = 200
MAX_LINE_LENGTH = 120
_STATIC = Path(assets.__file__).parent / "static"
_OWN_SCRIPTS = [path.name for path in _STATIC.glob("*.js") if not path.name.startswith("vendor-")]


@pytest.fixture
def tree(tmp_path: Path) -> AssetTree:
    """Asset tree with two modules that import each other, a vendored file and a page."""
    static, pages = tmp_path / "static", tmp_path / "pages"
    static.mkdir()
    pages.mkdir()
    static.joinpath("money.js").write_text('import { x } from "./dates.js";\nimport("./absent.js");', "utf-8")
    static.joinpath("dates.js").write_text("import * as money from './money.js';", "utf-8")
    static.joinpath("vendor-lib.js").write_text('load("./money.js")', "utf-8")
    static.joinpath("notes.md").write_text("not a static file", "utf-8")
    pages.joinpath("app.html").write_text('<script type="module" src="./money.js"></script>', "utf-8")
    return AssetTree(static, pages)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("money.js", 'from "./{}-dates.js"'),
        ("dates.js", "from './{}-money.js'"),
        ("money.js", 'import("./absent.js")'),
    ],
    ids=["module", "single quotes", "missing file"],
)
def test_own_references_to_modules_contain_the_hash(tree: AssetTree, name: str, reference: str) -> None:
    assert reference.format(tree.version) in tree.asset(f"{tree.version}-{name}").text


def test_vendored_files_are_served_unchanged(tree: AssetTree) -> None:
    assert tree.asset(f"{tree.version}-vendor-lib.js").text == 'load("./money.js")'


def test_page_references_include_the_stage_path(tree: AssetTree) -> None:
    assert f'src="/live/static/{tree.version}-money.js"' in tree.page("app", "/live")
    assert f'"/static/{tree.version}-money.js"' in tree.page("app")


def test_changing_one_file_changes_every_hashed_name(tree: AssetTree, tmp_path: Path) -> None:
    before = tree.version
    tmp_path.joinpath("static", "dates.js").write_text("export {};", "utf-8")

    after = AssetTree(tmp_path / "static", tmp_path / "pages").version

    assert before != after


@pytest.mark.parametrize(
    "name",
    ["money.js", "000000000000-money.js", "{}-absent.js", "{}-notes.md", "{}-../pages/app.html", "{}-", ""],
)
def test_other_names_are_not_found(tree: AssetTree, name: str) -> None:
    with pytest.raises(AssetNotFound):
        tree.asset(name.format(tree.version))


def test_packaged_references_resolve_to_packaged_files() -> None:
    tree = packaged_assets()
    pages = [tree.page(name) for name in ("landing", "app", "admin", "swagger", "redoc")]
    own = [name for name in tree.names if not name.startswith("vendor-")]
    texts = pages + [tree.asset(f"{tree.version}-{name}").text for name in own]

    unhashed = [text for text in texts if '"./' in text.replace(f'"./{tree.version}-', "")]

    assert unhashed == []


def test_vendored_libraries_include_their_licence() -> None:
    names = packaged_assets().names
    libraries = {name.split(".")[0] for name in names if name.startswith("vendor-") and name.endswith(".js")}

    missing = [library for library in libraries if f"{library}-LICENSE.txt" not in names]

    assert missing == []


def test_own_scripts_never_create_markup_from_strings() -> None:
    tree = packaged_assets()
    own = [name for name in tree.names if name.endswith(".js") and not name.startswith("vendor-")]
    forbidden = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")

    found = [(name, word) for name in own for word in forbidden if word in tree.asset(f"{tree.version}-{name}").text]

    assert found == []


def test_icons_used_by_scripts_are_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', _STATIC.joinpath("icons.svg").read_text("utf-8")))
    used = {
        icon
        for name in _OWN_SCRIPTS
        for icon in re.findall(r'(?:\bicon[:=] ?|\$\{Icon\} name=)"([\w-]+)"', (_STATIC / name).read_text("utf-8"))
    }

    assert used
    assert used - sprite == set()


@pytest.mark.parametrize("name", sorted(_OWN_SCRIPTS))
def test_own_scripts_stay_within_length_limits(name: str) -> None:
    lines = (_STATIC / name).read_text("utf-8").splitlines()

    assert len(lines) <= MAX_SCRIPT_LINES
    assert max(map(len, lines)) <= MAX_LINE_LENGTH
    assert lines[0].startswith("/* ")
