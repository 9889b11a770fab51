"""The page with the emails that a laptop has sent."""

import re
from collections.abc import Iterable
from html import escape
from typing import Final

from chalicelib.notifications.senders.files import SentEmail

_ADDRESS: Final = re.compile(r"https?://[^\s&<>\"']+(?:&amp;[^\s&<>\"']+)*")
_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sent emails</title></head>
<body>
<h1>Sent emails</h1>
<p>Newest first. This page exists in the local stage only.</p>
{emails}
</body>
</html>
"""
_EMAIL: Final = """<article>
<h2>{subject}</h2>
<p>To {to}, <time>{created_at:%Y-%m-%d %H:%M:%S} UTC</time></p>
<pre>{text}</pre>
</article>
"""


def mail_page(emails: Iterable[SentEmail]) -> str:
    """Return the HTML of the page, with the plain text of each email and its links."""
    articles = "".join(
        _EMAIL.format(
            subject=escape(email.subject),
            to=escape(email.to),
            created_at=email.created_at,
            text=_with_links(escape(email.text)),
        )
        for email in emails
    )
    return _PAGE.format(emails=articles or "<p>There are none yet.</p>")


def _with_links(text: str) -> str:
    return _ADDRESS.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', text)
