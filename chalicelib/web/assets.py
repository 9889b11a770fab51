"""The packaged pages and static files, with one hash of all files in their URLs so that clients may cache them.

A URL such as ``/static/<hash>-money.js`` names a file of one deployment. One hash for all files, instead of one per
file, allows import cycles between modules. Files are read at the first request for a page or file, so that API
requests do not wait for them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from chalicelib.shared.errors import NotFound

MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
VENDORED = "vendor-"
HASH_DIGITS = 12
_REFERENCE = re.compile(r"""(?P<quote>["'])\./(?P<name>[\w-]+\.(?:js|css|svg|txt))(?P=quote)""")
_HERE = Path(__file__).parent


class AssetNotFound(NotFound):
    code = "asset_not_found"
    detail = "This file is not part of the running version. Reload the page."


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file with rewritten references. Its ``etag`` is weak, because a gateway may compress the text."""

    text: str
    media_type: str
    etag: str


class AssetTree:
    """The files of a folder under their hashed names, and the pages that refer to them."""

    def __init__(self, static: Path = _HERE / "static", pages: Path = _HERE / "pages") -> None:
        self._static = static
        self._pages = pages

    @cached_property
    def version(self) -> str:
        """Hash over the names and contents of all files, in lower-case hexadecimal digits."""
        digest = hashlib.sha256()
        for path in sorted((*self._static.iterdir(), *self._pages.iterdir())):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.name} {content}\n".encode())
        return digest.hexdigest()[:HASH_DIGITS]

    @cached_property
    def names(self) -> frozenset[str]:
        """Names, without the hash, of the static files that are served."""
        return frozenset(path.name for path in self._static.iterdir() if path.suffix in MEDIA_TYPES)

    def asset(self, hashed_name: str) -> Asset:
        """Return the file for the last segment of a static URL.

        Raises:
            AssetNotFound: The hash is another deployment's, or there is no such file.
        """
        version, _, name = hashed_name.partition("-")
        if version != self.version or name not in self.names:
            raise AssetNotFound()
        text = self._static.joinpath(name).read_text("utf-8")
        if not name.startswith(VENDORED):
            text = self._with_hashes(text, "./")
        return Asset(text, MEDIA_TYPES[Path(name).suffix], self.etag)

    def page(self, name: str, base: str = "", values: Mapping[str, str] | None = None) -> str:
        """Return the HTML of a page.

        Args:
            name: Name of the file without its suffix.
            base: Path below which the platform is published, without a trailing slash.
            values: Settings by placeholder, such as the currency.
        """
        text = self._pages.joinpath(f"{name}.html").read_text("utf-8")
        for placeholder, value in (values or {}).items():
            text = text.replace(f"{{{placeholder}}}", value)
        return self._with_hashes(text, f"{base}/static/")

    @property
    def etag(self) -> str:
        """Entity tag of every file of this deployment."""
        return f'W/"{self.version}"'

    def _with_hashes(self, text: str, folder: str) -> str:
        def hashed(reference: re.Match[str]) -> str:
            quote, name = reference["quote"], reference["name"]
            if name not in self.names:
                return reference[0]
            return f"{quote}{folder}{self.version}-{name}{quote}"

        return _REFERENCE.sub(hashed, text)


@lru_cache(maxsize=1)
def packaged_assets() -> AssetTree:
    """Return the asset tree that is packaged with the running code."""
    return AssetTree()
