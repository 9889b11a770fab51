"""A web page that looks for the embedded database from a browser on the same machine."""

import http.server
import sys
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from local.database_binary import find_database_binary
from local.database_process import DatabaseProcess

READ_TABLES = """async (address) => {
    const headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, " +
            "SignedHeaders=host, Signature=b",
    };
    try {
        const response = await fetch(address, {method: "POST", headers, body: "{}"});
        return await response.text();
    } catch (error) {
        return "unreachable";
    }
}"""


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves an empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None: ...


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of an origin of its own."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        opened = browser.new_page()
        opened.goto(f"http://localhost:{site.server_address[1]}/")
        yield opened
        opened.close()
        site.shutdown()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has 16 million loopback addresses")
@pytest.mark.own_process
@pytest.mark.slow
def test_page_that_knows_the_port_cannot_reach_the_database(page: Page) -> None:
    with DatabaseProcess(find_database_binary()) as database:
        known = [f"http://{host}:{database.port}/" for host in ("localhost", "127.0.0.1", "[::1]", "0.0.0.0")]

        answers = [page.evaluate(READ_TABLES, address) for address in known]

    assert answers == ["unreachable"] * len(known)
