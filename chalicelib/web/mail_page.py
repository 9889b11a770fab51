"""The emails in the page that lists what a laptop has sent."""

import re
from collections.abc import Iterable
from html import escape
from typing import Final

from chalicelib.notifications.senders.files import SentEmail

_ADDRESS: Final = re.compile(r"https?://[^\s&<>\"']+(?:&amp;[^\s&<>\"']+)*")
_EMAIL: Final = """<article class="card">
<h2>{subject}</h2>
<p class="muted small">To {to}, <time>{created_at:%Y-%m-%d %H:%M:%S} UTC</time></p>
<pre>{text}</pre>
</article>
"""


def mail_list(emails: Iterable[SentEmail]) -> str:
    """Return the HTML of the emails: the plain text of each one with its links."""
    articles = "".join(
        _EMAIL.format(
            subject=escape(email.subject),
            to=escape(email.to),
            created_at=email.created_at,
            text=_with_links(escape(email.text)),
        )
        for email in emails
    )
    return articles or "<p>No emails yet.</p>"


def _with_links(text: str) -> str:
    return _ADDRESS.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', text)
