"""Emails: both parts of every type, escaping, links, and headers."""

import re
from email.utils import parseaddr
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from chalicelib.notifications.domain.email import Email, UnsafeHeader
from chalicelib.notifications.domain.types import NOTIFICATION_TYPES
from chalicelib.notifications.service.email_renderer import TEMPLATES
from chalicelib.shared.actor import Role
from tests.emails import ADDRESS, PUBLIC_URL, RENDERER, TOKENS, USER_ID, Sample, mail, rendered, samples, user

STATIC = TEMPLATES.parents[1] / "web" / "static"
OPTIONAL = Sample("transfer.settled", Role.LENDER, {"transfer_id": USER_ID, "direction": "DEPOSIT", "amount": "5.00"})
SCRIPT = "<script>alert(1)</script>"


class Document(HTMLParser):
    """The links, the elements and the visible text of an HTML part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert not [name for name, _ in attrs if name.startswith("on") or name in ("src", "background")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title"):
            self.words += data.split()


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_every_email_has_both_parts(sample: Sample) -> None:
    email = rendered(sample, first_name=SCRIPT)

    document = Document(email.html)
    assert document.open == []
    assert "script" not in document.elements
    assert f"Hello {SCRIPT}," in email.text
    assert "Hello &lt;script&gt;alert(1)&lt;/script&gt;," in email.html
    for text in (email.text, " ".join(document.words)):
        assert not re.search(r"[{}]|None|Undefined|&lt;|&#", text.replace(SCRIPT, ""))
    words = set(email.text.replace(":\n", "\n").split()) - {"--"}
    missing = {word for word in words if word.rstrip(":") not in " ".join([*document.words, *document.links])}
    assert missing == set()
    assert "\n\n\n" not in email.text


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_links_lead_to_the_platform(sample: Sample) -> None:
    email = rendered(sample)

    links = Document(email.html).links
    assert {f"{url.scheme}://{url.netloc}" for url in map(urlsplit, links)} == {PUBLIC_URL}
    assert set(re.findall(r"https?://\S+", email.text)) == set(links)


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_only_optional_emails_can_be_switched_off(sample: Sample) -> None:
    email = rendered(sample)

    is_optional = not NOTIFICATION_TYPES[sample.type].is_locked
    assert ("List-Unsubscribe" in email.headers) is is_optional
    assert ("List-Unsubscribe-Post" in email.headers) is is_optional
    assert ("/unsubscribe" in email.html) is ("/unsubscribe" in email.text) is is_optional


def test_links_of_the_footer_lead_to_pages() -> None:
    for role, console in ((Role.LENDER, "app"), (Role.ADMIN, "admin")):
        links = Document(rendered(Sample(OPTIONAL.type, role, OPTIONAL.data)).html).links
        assert f"{PUBLIC_URL}/{console}/#/notifications/preferences" in links
        assert has_page(f"{console}.js", "/notifications/preferences")
    assert has_page("app.js", "/unsubscribe")


def has_page(program: str, path: str) -> bool:
    return f'["{path}", () =>' in (STATIC / program).read_text(encoding="utf-8")


def test_unsubscribe_header_names_user_and_type() -> None:
    headers = rendered(OPTIONAL).headers

    address = headers["List-Unsubscribe"].removeprefix("<").removesuffix(">")
    path, _, token = address.partition("?token=")
    assert path == f"{PUBLIC_URL}/api/notifications/unsubscribe/"
    assert TOKENS.read(token) == (USER_ID, "transfer.settled")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("character", ["\n", "\r", "\r\nBcc: eve@example.com", "\x00", "\u2028", "\x85"])
def test_line_ends_in_headers_are_rejected(character: str) -> None:
    with pytest.raises(UnsafeHeader):
        RENDERER.render(mail(OPTIONAL), user(Role.LENDER), f"ana@example.com{character}")
    with pytest.raises(UnsafeHeader):
        Email("key", "ana@example.com", f"Subject{character}", "", "")
    with pytest.raises(UnsafeHeader):
        Email("key", "ana@example.com", "Subject", "", "", {"List-Unsubscribe": f"<x>{character}"})


def test_name_does_not_change_recipient_or_subject() -> None:
    email = RENDERER.render(mail(OPTIONAL), user(Role.LENDER, first_name="Ana\r\nBcc: eve@example.com"), ADDRESS)

    assert (email.to, parseaddr(email.to)[1]) == ("ana@example.com",) * 2
    assert email.subject == "Your deposit of $5.00 has arrived"
    assert set(email.headers) == {"Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post"}


def test_user_without_name_is_greeted() -> None:
    email = RENDERER.render(mail(OPTIONAL), user(Role.LENDER, first_name=""), ADDRESS)

    assert "\nHello,\n" in email.text
    assert "<p>Hello,</p>" in email.html


def test_representation_hides_contents() -> None:
    assert "ana@" not in repr(rendered(OPTIONAL))
    assert "Hello" not in repr(rendered(OPTIONAL))


def test_templates_are_part_of_the_package() -> None:
    assert {path.name for path in TEMPLATES.iterdir()} == {"email.html", "email.txt"}
    assert TEMPLATES.parent.parent.name == "chalicelib"
