"""Copy the pinned front-end libraries from npm into ``chalicelib/web/static`` as flat ``vendor-*`` files.

Run ``python -m local.vendor_assets`` after changing a pin in ``vendor.json``. The result is committed, so
that neither the Lambda nor a fresh clone needs npm for its pages.
"""

import base64
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

PINS = Path(__file__).with_name("vendor.json")
STATIC = Path(__file__).parent.parent / "chalicelib" / "web" / "static"
REDOC_LOGO = re.compile(r'\w+\?\w+\.createElement\("img",\{alt:"redocly logo"[^}]*\}\):null')
SOURCE_MAP = re.compile(r"\n//# sourceMappingURL=\S+\s*\Z")
SOURCE_MAP_CSS = re.compile(r"\n/\*# sourceMappingURL=\S+\*/\s*\Z")
REEXPORT = re.compile(r"export\s*\{([^}]*)\};?\s*\Z")
MARK = (
    '<rect width="32" height="32" rx="8" fill="#0b5cad"/>'
    '<path d="M9 20h14M9 20l4-4M9 20l4 4M23 12H9M23 12l-4-4M23 12l-4 4" fill="none" stroke="#fff"'
    ' stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/>'
)
RENDERING_HEADER = "/* preact, preact/hooks and htm in one module; the licences are next to this file. */"
RENDERING_EXPORTS = """\
export const { h, render, Fragment, Component, createContext, toChildArray } = preact;
export const {
  useState, useEffect, useLayoutEffect, useMemo, useCallback, useRef, useContext, useId,
} = hooks;
export const html = htm.bind(h);
"""
BARE_IMPORT = re.compile(r'import\{([^}]*)\}from"preact";')


class VendoringError(Exception):
    """A package is not what its pin says, or no longer contains the text that is replaced."""


def fetch(package: str, into: Path) -> Path:
    """Download a pinned npm package, check it against its pin, and unpack it.

    Raises:
        VendoringError: the archive's SHA-512 differs from the pinned integrity.
    """
    pin = json.loads(PINS.read_text("utf-8"))["packages"][package]
    packed = subprocess.run(
        ["npm", "pack", f"{package}@{pin['version']}", "--silent", "--pack-destination", str(into)],
        check=True,
        capture_output=True,
        text=True,
    )
    archive = into / packed.stdout.strip().splitlines()[-1]
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode("ascii")
    if f"sha512-{digest}" != pin["integrity"]:
        raise VendoringError(f"{package}@{pin['version']} is not the package that was pinned")
    with tarfile.open(archive) as tar:
        tar.extractall(into / package, filter="data")
    return into / package / "package"


def without_source_map(text: str) -> str:
    """Drop the pointer to a source map that is not served."""
    return SOURCE_MAP_CSS.sub("\n", SOURCE_MAP.sub("\n", text))


def as_factory(module: str) -> str:
    """Turn an ES module into a function that is called immediately and returns what the module exports."""
    body = without_source_map(module).strip()
    body = BARE_IMPORT.sub(lambda found: f"const{{{found[1].replace(' as ', ':')}}}=preact;", body)
    body = body.replace("export default", "return", 1)
    body = REEXPORT.sub(lambda found: f"return {{{_swapped(found[1])}}};", body)
    if "import" in body or "export" in body:
        raise VendoringError("A module imports or exports in a way that cannot be joined")
    return f"(() => {{\n{body}\n}})()"


def _swapped(names: str) -> str:
    pairs = (name.split(" as ") for name in names.split(","))
    return ", ".join(f"{outside}: {inside}" for inside, outside in pairs)


def rendering(sources: dict[str, Path]) -> str:
    """Return Preact, its hooks and htm as one module: each further file costs a Lambda call on a first visit."""
    core = (sources["preact"] / "dist" / "preact.mjs").read_text("utf-8")
    hooks = (sources["preact"] / "hooks" / "dist" / "hooks.mjs").read_text("utf-8")
    htm = (sources["htm"] / "dist" / "htm.mjs").read_text("utf-8")
    joined = zip(("preact", "hooks", "htm"), (core, hooks, htm), strict=True)
    constants = (f"const {name} = {as_factory(module)};" for name, module in joined)
    return "\n".join((RENDERING_HEADER, *constants, RENDERING_EXPORTS))


def redoc(sources: dict[str, Path]) -> str:
    """Return ReDoc without the logo that it loads from its vendor's host."""
    bundle = (sources["redoc"] / "bundles" / "redoc.standalone.js").read_text("utf-8")
    changed, count = REDOC_LOGO.subn("null", bundle)
    if count != 1:
        raise VendoringError("ReDoc's remote logo was not found")
    return without_source_map(changed)


def icons(sources: dict[str, Path]) -> str:
    """Return the Lucide symbols that the pages use in one sprite, which as an image shows the platform's logo."""
    symbols = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">', MARK]
    for name in json.loads(PINS.read_text("utf-8"))["icons"]:
        drawing = (sources["lucide-static"] / "icons" / f"{name}.svg").read_text("utf-8")
        start = drawing.index(">", drawing.index("<svg")) + 1
        shapes = re.sub(r"\s+", " ", drawing[start : drawing.rindex("</svg>")])
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes.strip()}</symbol>')
    return "\n".join((*symbols, "</svg>", ""))


def copied(package: str, path: str) -> Callable[[dict[str, Path]], str]:
    """Return a file without the pointer to its source map."""
    return lambda sources: without_source_map((sources[package] / path).read_text("utf-8"))


def uplot(sources: dict[str, Path]) -> str:
    """Return the minified uPlot as a module: the package's own module is three times as large."""
    return copied("uplot", "dist/uPlot.iife.min.js")(sources).rstrip() + "\nexport default uPlot;\n"


TARGETS: dict[str, Callable[[dict[str, Path]], str]] = {
    "vendor-preact.js": rendering,
    "vendor-preact-LICENSE.txt": copied("preact", "LICENSE"),
    "vendor-htm-LICENSE.txt": copied("htm", "LICENSE"),
    "vendor-uplot.js": uplot,
    "vendor-uplot.css": copied("uplot", "dist/uPlot.min.css"),
    "vendor-uplot-LICENSE.txt": copied("uplot", "LICENSE"),
    "vendor-swagger-ui.js": copied("swagger-ui-dist", "swagger-ui-bundle.js"),
    "vendor-swagger-ui.css": copied("swagger-ui-dist", "swagger-ui.css"),
    "vendor-swagger-ui-LICENSE.txt": copied("swagger-ui-dist", "LICENSE"),
    "vendor-swagger-ui-NOTICE.txt": copied("swagger-ui-dist", "NOTICE"),
    "vendor-swagger-ui-parts-LICENSE.txt": copied("swagger-ui-dist", "swagger-ui-bundle.js.LICENSE.txt"),
    "vendor-redoc.js": redoc,
    "vendor-redoc-LICENSE.txt": copied("redoc", "LICENSE"),
    "vendor-redoc-parts-LICENSE.txt": copied("redoc", "bundles/redoc.standalone.js.LICENSE.txt"),
    "icons.svg": icons,
    "vendor-lucide-LICENSE.txt": copied("lucide-static", "LICENSE"),
}
SHIPPED = ("htm", "lucide-static", "preact", "redoc", "swagger-ui-dist", "uplot")


def vendor() -> None:
    """Write every vendored file again."""
    with tempfile.TemporaryDirectory() as scratch:
        sources = {package: fetch(package, Path(scratch)) for package in SHIPPED}
        for name, make in TARGETS.items():
            STATIC.joinpath(name).write_text(make(sources), "utf-8")


if __name__ == "__main__":
    vendor()
