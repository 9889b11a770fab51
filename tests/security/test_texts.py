"""Text that users write and others read: names, purposes, exports and pages."""

import csv
import io
import re
from pathlib import Path
from typing import Final

import pytest

from chalicelib.shared.actor import Role
from chalicelib.web import policies
from tests.architecture.source import ROOT
from tests.factories import PASSWORD, UserFactory, ok, open_loan
from tests.http_client import HttpClient
from tests.problems import problem, wrong_fields

STATIC: Final = ROOT / "chalicelib" / "web" / "static"
OURS: Final = sorted(path for path in STATIC.glob("*.js") if not path.name.startswith("vendor-"))
MARKUP: Final = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "javascript:alert(1)",
    "{{constructor.constructor('x')()}}", "</title><script>1</script>", "&lt;b&gt;", "${7*7}", "<!--",
)  # fmt: skip
MISLEADING: Final = {
    "right-to-left override": "\u202e", "right-to-left embedding": "\u202b", "isolate": "\u2067",
    "right-to-left mark": "\u200f", "Arabic letter mark": "\u061c", "zero width space": "\u200b",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff", "soft hyphen": "\u00ad", "tag letter": "\U000e0041", "line separator": "\u2028",
    "next line": "\u0085", "null": "\u0000", "escape": "\u001b", "noncharacter": "\ufdd0", "private use": "\ue000",
}  # fmt: skip


def applied(http: HttpClient, username: str, email: str) -> int:
    body = {"username": username, "email": email, "password": PASSWORD, "role": "LENDER"}
    return http.post("/api/users/register/", body).status


@pytest.mark.parametrize("username", ["JOHN_DOE", "ｊｏｈｎ_ｄｏｅ", "john_doe ", "John_Doe", "joℎn_doe", "john_doｅ"])
def test_username_equivalent_to_a_taken_one_is_rejected(
    http: HttpClient, user_factory: UserFactory, username: str
) -> None:
    user_factory.registered(Role.BORROWER, name="john_doe")

    assert applied(http, username, "another@example.com") == 409


@pytest.mark.parametrize(
    "username", ["jоhn_doe", "jοhn_doe", "john\u200b_doe", "\u202eeod_nhoj", "john_dоe", "jöhn", "joh\u0301n", "ȷohn"]
)
def test_username_of_lookalike_letters_is_rejected(http: HttpClient, username: str) -> None:
    assert applied(http, username, "another@example.com") == 422


@pytest.mark.parametrize("email", ["JOHN_DOE@EXAMPLE.COM", "john_doe@ｅxample.com", "john_doe@EXAMPLE.com "])
def test_email_equivalent_to_a_taken_one_is_rejected(http: HttpClient, user_factory: UserFactory, email: str) -> None:
    user_factory.registered(Role.BORROWER, name="john_doe")

    assert applied(http, "another_user", email) == 409


def test_login_with_a_lookalike_name_fails(http: HttpClient, user_factory: UserFactory) -> None:
    user_factory.registered(Role.BORROWER, name="john_doe")

    for name in ("jоhn_doe", "john\u200b_doe", "john_doe\u0000", "john_doe\u202e"):
        response = http.post("/api/users/login/", {"username": name, "password": PASSWORD})
        problem(response, 401, "wrong_login")


@pytest.mark.parametrize("mark", MISLEADING.values(), ids=MISLEADING.keys())
def test_invisible_characters_are_rejected(http: HttpClient, user_factory: UserFactory, mark: str) -> None:
    text = f"ab{mark}cd"
    person = user_factory.borrower()
    names = person.http.patch("/api/users/profile/", {"first_name": text, "profile": {"address": text}})
    loan = person.http.post("/api/loans/", {"amount": "100", "annual_interest_rate": "5", "purpose": text})
    deposit = person.http.post("/api/wallets/deposit/", {"amount": "1", "description": text})

    assert wrong_fields(names) == ["first_name", "profile.address"]
    assert (wrong_fields(loan), wrong_fields(deposit)) == (["purpose"], ["description"])


@pytest.mark.parametrize("text", ["می\u200cخواهم", "क्\u200dष", "👩\u200d👧", "שלום", "Zoë", "O'Neill-Ünal", "王小明"])
def test_text_of_every_script_is_kept(user_factory: UserFactory, text: str) -> None:
    assert open_loan(user_factory.borrower(), purpose=text)["purpose"] == text


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_returned_as_text(user_factory: UserFactory, text: str) -> None:
    borrower = user_factory.borrower()
    loan = open_loan(borrower, purpose=text)

    for person in (borrower, user_factory.lender(), user_factory.operator()):
        response = ok(person.http.get(f"/api/loans/{loan['id']}/", headers={"Accept": "text/html"}))
        assert response.json["purpose"] == text
        assert response.headers["content-type"] == "application/json"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")


def test_wrong_path_is_reported_without_markup(http: HttpClient) -> None:
    response = http.get("/<script>alert(1)</script>/", headers={"Accept": "text/html"})

    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "sink",
    [
        r"\binnerHTML\b", r"\bouterHTML\b", r"insertAdjacentHTML", r"document\.write", r"\beval\s*\(",
        r"new\s+Function\s*\(", r"dangerouslySetInnerHTML", r"setTimeout\s*\(\s*[\"'`]", r"javascript:",
        r"createContextualFragment", r"DOMParser", r"srcdoc", r"\.setHTML",
        r"localStorage\b(?!\.\w+\(\"theme\")",
    ],
)  # fmt: skip
def test_scripts_use_no_unsafe_sinks_or_lasting_tokens(sink: str) -> None:
    assert OURS
    assert [path.name for path in OURS if re.search(sink, path.read_text(encoding="utf-8"))] == []


def test_pages_run_no_inline_scripts() -> None:
    pages = [path.read_text(encoding="utf-8") for path in Path(ROOT / "chalicelib/web/pages").glob("*.html")]

    assert pages
    for page in pages:
        assert re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", page) is None
        assert re.search(r"\son\w+\s*=", page) is None
    for policy in (policies.CONSOLE, policies.SWAGGER, policies.REDOC):
        directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert directives["script-src"] == "'self'"
        assert directives["default-src"] == directives["base-uri"] == directives["frame-ancestors"] == "'none'"


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://evil.example\")", "rent;=1+1",
        "rent,=1+1", "rent|=1+1", "rent; =1+1", "\"=1+1", "rent\";\"=1+1", "＝1+1", "＋1", "－1", "＠A1", "'=1+1",
    ],
)  # fmt: skip
def test_statements_contain_no_spreadsheet_formulas(user_factory: UserFactory, formula: str) -> None:
    person = user_factory.lender()
    ok(person.http.post("/api/wallets/deposit/", {"amount": "1.00", "description": formula}))

    text = ok(person.http.get("/api/wallets/statement/", headers={"Accept": "text/csv"})).body.decode()

    described = next(row for row in csv.reader(io.StringIO(text)) if "DEPOSIT" in row)[2]
    cells = [cell for part in re.split(r"[;,|\t]", described) for cell in [part.strip(' "')]]
    assert not any(cell.startswith(tuple("=+-@＝＋－＠")) for cell in cells), described
    assert described.replace("'", "") == formula.replace("'", "")
