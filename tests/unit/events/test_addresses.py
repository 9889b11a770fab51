"""Addresses of webhook endpoints: hostile ones are refused in every notation."""

import pytest

from chalicelib.events.domain.addresses import InvalidAddress, WebhookAddress, parse_address, require_allowed

HOSTILE_URLS = [
    "http://example.com/hook",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "//example.com/",
    "https://",
    "https:///hook",
    "https://user@example.com/",
    "https://user:password@example.com/",
    "https://example.com@127.0.0.1/",
    "https://127.0.0.1#@example.com/",
    "https://example.com\\@127.0.0.1/",
    "https://example.com/#fragment",
    "https://example.com:0/",
    "https://example.com:65536/",
    "https://example.com:0443/",
    "https://example.com:/",
    "https://example.com:443:443/",
    "https://example.com./",
    "https://127.0.0.1./",
    "https://.example.com/",
    "https://exa mple.com/",
    "https://example.com/a\r\nHost: internal",
    "https://example.com\t/",
    " https://example.com/",
    "https://-example.com/",
    "https://exa_mple.com/",
    f"https://example.com/{'a' * 2048}",
    f"https://{'a' * 64}.com/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.1.1/",
    "https://256.1.1.1/",
    "https://1.2.3.0x/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.170.2/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[::7f00:1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00:ec2::254]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::1]/",
    "https://[2001:0:7f00:1::]/",
    "https://[2001:db8::1]/",
    "https://[2606:4700::5efe:a00:1]/",
    "https://[2606:4700:0:0:0:0:0:1111]/",
    "https://[2606:4700:4700::1111/",
    "https://2606:4700:4700::1111/",
    "https://[2606:4700:4700::ABCD]/",
    "https://%31%32%37.0.0.1/",
    "https://example%2ecom/",
    "https://１２７.０.０.１/",
    "https://127。0。0。1/",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "https://bücher.example/",
    "https://exa\u200bmple.com/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://api.localhost/",
    "https://metadata.google.internal/",
    "https://printer.local/",
]
"""None of these is accepted outside of the stage local."""
PRIVATE_ADDRESSES = [
    "127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::",
    "2001::1", "ff02::1", "100::1",
]  # fmt: skip
PUBLIC_ADDRESSES = ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "64:ff9b::808:808"]


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_hostile_url_is_rejected(url: str) -> None:
    with pytest.raises(InvalidAddress):
        parse_address(url, allow_loopback=False)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com", WebhookAddress("https", "example.com", 443, "/")),
        ("https://Hooks.Example.com/p2p?x=1", WebhookAddress("https", "hooks.example.com", 443, "/p2p?x=1")),
        ("https://example.com:8443/a/b%20c", WebhookAddress("https", "example.com", 8443, "/a/b%20c")),
        ("https://example.com?x=1", WebhookAddress("https", "example.com", 443, "/?x=1")),
        ("https://xn--bcher-kva.example/", WebhookAddress("https", "xn--bcher-kva.example", 443, "/")),
        ("https://8.8.8.8/", WebhookAddress("https", "8.8.8.8", 443, "/")),
        ("https://[2606:4700:4700::1111]/", WebhookAddress("https", "2606:4700:4700::1111", 443, "/")),
    ],
)
def test_public_url_is_accepted(url: str, expected: WebhookAddress) -> None:
    assert parse_address(url, allow_loopback=False) == expected


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000/", "http://localhost:9000/", "http://[::1]:9000/", "https://127.0.0.1/"]
)
def test_loopback_is_accepted_locally_only(url: str) -> None:
    accepted = parse_address(url, allow_loopback=True)

    assert accepted.target == "/"
    with pytest.raises(InvalidAddress):
        parse_address(url, allow_loopback=False)


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://example.com/", "https://10.0.0.1/", "https://0.0.0.0/"])
def test_stage_local_accepts_no_private_address(url: str) -> None:
    with pytest.raises(InvalidAddress):
        parse_address(url, allow_loopback=True)


@pytest.mark.parametrize("address", PRIVATE_ADDRESSES)
def test_host_with_a_private_address_is_rejected(address: str) -> None:
    with pytest.raises(InvalidAddress):
        require_allowed([*PUBLIC_ADDRESSES, address], allow_loopback=False)


def test_host_with_public_addresses_is_allowed() -> None:
    require_allowed(PUBLIC_ADDRESSES, allow_loopback=False)


def test_plain_http_leads_to_this_machine_only() -> None:
    require_allowed(["127.0.0.1", "::1"], allow_loopback=True, only_loopback=True)

    with pytest.raises(InvalidAddress):
        require_allowed(["127.0.0.1", "8.8.8.8"], allow_loopback=True, only_loopback=True)


def test_host_header_names_an_unusual_port() -> None:
    headers = [
        parse_address(url, allow_loopback=False).host_header
        for url in ("https://example.com/", "https://example.com:8443/", "https://[2606:4700:4700::1111]:8443/")
    ]

    assert headers == ["example.com", "example.com:8443", "[2606:4700:4700::1111]:8443"]
