"""Home-made names and unidiomatic words do not come back."""

import pytest

from tests.architecture.source import ROOT
from tests.architecture.terminology import findings_in, listed_files


def test_project_uses_the_standard_vocabulary() -> None:
    found = [str(finding) for name in listed_files() for finding in findings_in(name, (ROOT / name).read_text("utf-8"))]

    assert found == []


@pytest.mark.parametrize(
    ("name", "text", "rejected"),
    [
        ("a.md", "The payment is worked out anew.", "anew"),
        ("a.md", "A message that nobody\nreads.", "nobody"),
        ("a.md", "The amount asked\nfor.", "asked for"),
        ("a.md", "Interest in all: 5.00", "in all"),
        ("a.md", "Use `carry_out` here.", "carry_out"),
        ("a.py", "# paid at\n# once\n", "at # once"),
        ("a.py", "def test_nobody_pays() -> None: ...\n", "nobody"),
        ("a.py", "class PaymentAnswer: ...\n", "PaymentAnswer"),
        ("a.py", "from chalicelib.loans import refusals\n", "refusals"),
        ("a.py", "_agenda = 1\n", "_agenda"),
        ("a.py", '"""Whether it is paid."""\n', '"""Whether'),
        ("a.py", 'FEE = 1\n"""Where the fee is kept."""\n', '"""Where'),
        ("a/newcomers.py", "", "newcomers"),
        ("a/offering.py", "", "offering.py"),
        ("a.js", "const leftOf = 1;", "leftOf"),
        ("a.js", "/** What a person sees. */", "/** What"),
        ("chalicelib/web/pages/a.html", "Borrow at most 5.00", "at most"),
    ],
)
def test_rejected_words_are_found(name: str, text: str, rejected: str) -> None:
    assert [finding.found for finding in findings_in(name, text)] == [rejected]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "Payments go through the clearing house, in-house. Warehouses have rooftops."),
        ("a.md", "XIRR stands for extended internal rate of return; it holds in all modes."),
        ("a.md", "It pays, but not twice. The lending engine is pure. At most five."),
        ("a.py", 'certainly = "Once paid, it is done."\nstanding = {"reading": 1}\n'),
        ("a.py", '"""Return the schedule. What it says is exact."""\n'),
        ("a/test_reporting.py", ""),
        ("a.js", '// a way to leave\nconst text = "wire";'),
    ],
)
def test_standard_words_pass(name: str, text: str) -> None:
    assert findings_in(name, text) == []


def test_findings_name_file_line_and_standard_word() -> None:
    (finding,) = findings_in("docs/a.md", "First.\nPaid anew.\n")

    assert str(finding) == "docs/a.md:2: 'anew'; standard: again"


def test_the_vocabulary_applies_to_code_documents_and_pages() -> None:
    names = listed_files()

    assert {"app.py", "README.md", "Makefile", ".ci/run", "chalicelib/web/static/app.js"} <= set(names)
    assert [name for name in names if "vendor-" in name] == []
