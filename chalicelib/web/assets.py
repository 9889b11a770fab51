"""The packaged pages and static files, named by one hash of the tree so that clients may keep them for ever.

A URL ``/static/<hash>-money.js`` names a file of one deployment. One hash for all files, not one per file,
lets modules import each other in cycles. Nothing is read before the first page or file is asked for: calls of
the API never pay for it.
"""

from __future__ import annotations

import hashlib
import re
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
    """No file of this deployment has that name."""

    code = "asset_not_found"
    detail = "This file is not part of the running version. Reload the page."


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file, ready to be sent. ``etag`` is weak: a gateway may compress the text on its way."""

    text: str
    media_type: str
    etag: str


class AssetTree:
    """The files of one folder under their hashed names, and the pages that refer to them."""

    def __init__(self, static: Path = _HERE / "static", pages: Path = _HERE / "pages") -> None:
        self._static = static
        self._pages = pages

    @cached_property
    def version(self) -> str:
        """The hash over names and contents of all files, in lower-case hexadecimal digits."""
        digest = hashlib.sha256()
        for path in sorted((*self._static.iterdir(), *self._pages.iterdir())):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.name} {content}\n".encode())
        return digest.hexdigest()[:HASH_DIGITS]

    @cached_property
    def names(self) -> frozenset[str]:
        """The plain names of all static files that may be sent."""
        return frozenset(path.name for path in self._static.iterdir() if path.suffix in MEDIA_TYPES)

    def asset(self, hashed_name: str) -> Asset:
        """The file behind the last segment of a static URL.

        Raises:
            AssetNotFound: another deployment's hash, or no such file.
        """
        version, _, name = hashed_name.partition("-")
        if version != self.version or name not in self.names:
            raise AssetNotFound()
        text = self._static.joinpath(name).read_text("utf-8")
        if not name.startswith(VENDORED):
            text = self._with_hashes(text, "./")
        return Asset(text, MEDIA_TYPES[Path(name).suffix], self.etag)

    def page(self, name: str, base: str = "", currency: str = "USD") -> str:
        """The HTML of a page; ``base`` is the path under which the gateway's stage publishes the platform."""
        text = self._pages.joinpath(f"{name}.html").read_text("utf-8").replace("{currency}", currency)
        return self._with_hashes(text, f"{base}/static/")

    @property
    def etag(self) -> str:
        """The validator of every file and page of this deployment."""
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
    """The tree that is packaged with the running code."""
    return AssetTree()
