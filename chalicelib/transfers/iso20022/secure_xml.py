"""Read XML files of strangers: no document type, no entities, no external references, within fixed limits."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, TreeBuilder

from chalicelib.transfers.domain.bank_file import BankFileError

if TYPE_CHECKING:
    from xml.etree.ElementTree import ParseError

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 40
MAX_ELEMENTS: Final = 400_000
MAX_ATTRIBUTES: Final = 16
MAX_NAME_LENGTH: Final = 300
"""Characters of the name of an element or an attribute, its namespace included."""

_DECLARED_ENCODING: Final = re.compile(rb"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']""")
# The parser expands the names of a tag before the builder sees them, so that a long namespace would cost the square of
# the file's size. A tag has at most 40 values of up to 1,000 bytes, with up to 500 bytes between two of them.
_LARGE_TAG: Final = re.compile(
    rb"""
    <(?![!?/]) [^"'<>]{0,500}+ (?: (?: "[^"<]{0,1000}+" | '[^'<]{0,1000}+' ) [^"'<>]{0,500}+ ){0,40}+
    (?: [^"'<>] | "[^"<]{1001} | '[^'<]{1001} | "[^"<]*+" | '[^'<]*+' )
    """,
    re.VERBOSE,
)
_UTF_8: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_XINCLUDE: Final = "{http://www.w3.org/2001/XInclude}"


def read(data: bytes, namespaces: frozenset[str], on_end: Callable[[Element, int], None]) -> None:
    """Parse a file and call ``on_end(element, depth)`` after each element; the root has depth 1.

    Tags of the message's own namespace come without it. A callback may clear an element to save memory.

    Raises:
        BankFileError: too large or too complex, not UTF-8, not well-formed, with a document type or an XInclude
            element, or the namespace of the root is none of ``namespaces``.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    _check_bytes(data)
    target = _LimitedBuilder(namespaces, on_end)
    parser = DefusedXMLParser(target=target, encoding="utf-8", forbid_dtd=True)
    try:
        parser.feed(data)
    except DefusedXmlException as error:
        raise BankFileError(
            "forbidden_xml", "The file declares a document type or an entity. Bank files have neither."
        ) from error
    except ParseError as error:
        raise BankFileError("invalid_xml", f"The file is not well-formed XML{_position(error)}.") from error
    try:
        parser.close()
    except ParseError as error:
        raise BankFileError("truncated_file", "The file ends before its last element. Download it again.") from error


def _check_bytes(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise BankFileError("file_too_large", f"The file is larger than {MAX_BYTES // 1024**2} MiB.")
    declared = _DECLARED_ENCODING.match(data.removeprefix(_BYTE_ORDER_MARK))
    if declared and declared[1].decode("ascii", "replace").lower() not in _UTF_8:
        raise BankFileError("unsupported_encoding", "The file declares an encoding other than UTF-8.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BankFileError("unsupported_encoding", "The file is not encoded in UTF-8.") from error
    if _LARGE_TAG.search(data):
        raise BankFileError("file_too_complex", "The file has a tag with too many or too long attributes.")
    if "\0" in text:
        raise BankFileError("unsupported_encoding", "The file contains null bytes. Save it as UTF-8.")


def _position(error: ParseError) -> str:
    line, column = error.position
    return f" (line {line}, column {column + 1})"


class _LimitedBuilder:
    """Target of the parser: builds elements, counts them, and removes the message's namespace from tags."""

    def __init__(self, namespaces: frozenset[str], on_end: Callable[[Element, int], None]) -> None:
        self._namespaces = namespaces
        self._on_end = on_end
        self._builder = TreeBuilder()
        self._prefix = ""
        self._depth = 0
        self._elements = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._depth:
            self._prefix = self._root_prefix(tag)
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS or len(attributes) > MAX_ATTRIBUTES:
            raise BankFileError("file_too_complex", "The file has too many elements, attributes or levels.")
        if any(len(name) > MAX_NAME_LENGTH for name in (tag, *attributes)):
            raise BankFileError("file_too_complex", "The file has a name or a namespace that is too long.")
        if tag.startswith(_XINCLUDE):
            raise BankFileError("forbidden_xml", "The file includes another file.")
        self._builder.start(tag.removeprefix(self._prefix), attributes)

    def end(self, tag: str) -> None:
        element = self._builder.end(tag)
        self._on_end(element, self._depth)
        self._depth -= 1

    def data(self, text: str) -> None:
        self._builder.data(text)

    def close(self) -> None:
        self._builder.close()

    def _root_prefix(self, tag: str) -> str:
        namespace, _, name = tag.removeprefix("{").rpartition("}")
        if namespace not in self._namespaces or name != "Document":
            known = " and ".join(sorted(known.rpartition(":")[2] for known in self._namespaces))
            raise BankFileError("unsupported_message", f"The file is a different kind of message. Supported: {known}.")
        return f"{{{namespace}}}"
