"""Bank files of attackers, and damaged ones: refused with a reason, quickly, and nothing outside is read."""

import tracemalloc
from pathlib import Path

import pytest

from chalicelib.transfers.domain.bank_file import BankFileError
from chalicelib.transfers.iso20022.camt053 import parse_statements
from chalicelib.transfers.iso20022.secure_xml import MAX_ATTRIBUTES, MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, MAX_NAME_LENGTH
from tests.bank_files import Detail, Entry, Statement, document

FILE = document(Statement([Entry("1.00", (Detail(text="Zoë"),))]))
TEXT = FILE.decode()


def reason(file: bytes) -> str:
    with pytest.raises(BankFileError) as refused:
        parse_statements(file, currency="EUR")
    assert refused.value.detail.endswith(".")
    return refused.value.reason


def with_doctype(declaration: str, reference: str = "") -> bytes:
    return TEXT.replace("<Document", f"<!DOCTYPE Document {declaration}><Document").replace("Zoë", reference).encode()


def test_billion_laughs_is_refused() -> None:
    lines = ["<!ENTITY l0 'lol'>", *(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))]

    assert reason(with_doctype(f"[{''.join(lines)}]", "&l9;")) == "forbidden_xml"


def test_quadratic_entity_is_refused() -> None:
    assert reason(with_doctype(f"[<!ENTITY a '{'a' * 50_000}'>]", "&a;" * 50_000)) == "forbidden_xml"


def test_external_entity_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret", "utf-8")

    assert reason(with_doctype(f'[<!ENTITY x SYSTEM "{secret.as_uri()}">]', "&x;")) == "forbidden_xml"


@pytest.mark.parametrize(
    "declaration", ["", 'SYSTEM "http://127.0.0.1:9/a.dtd"', '[<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]']
)
def test_document_type_is_refused(declaration: str) -> None:
    assert reason(with_doctype(declaration)) == "forbidden_xml"


def test_undeclared_entity_is_refused() -> None:
    assert reason(TEXT.replace("Zoë", "&unknown;").encode()) == "invalid_xml"


def test_xinclude_is_refused() -> None:
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/hostname" parse="text"/>'

    assert reason(TEXT.replace("Zoë", include).encode()) == "forbidden_xml"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_refused(encoding: str) -> None:
    assert reason(TEXT.replace("UTF-8", encoding).encode(encoding)) == "unsupported_encoding"


@pytest.mark.parametrize("declared", ["ISO-8859-1", "windows-1252", "UTF-16", "UTF-7", "EBCDIC-CP-US", "nothing", "ü"])
def test_declared_encoding_other_than_utf_8_is_refused(declared: str) -> None:
    assert reason(TEXT.replace("UTF-8", declared).encode()) == "unsupported_encoding"


def test_latin_1_bytes_declared_as_utf_8_are_refused() -> None:
    assert reason(TEXT.encode("latin-1")) == "unsupported_encoding"


@pytest.mark.parametrize("text", [TEXT.replace("UTF-8", "utf-8"), "\ufeff" + TEXT, TEXT.split("?>", 1)[1].strip()])
def test_utf_8_is_read_with_and_without_declaration(text: str) -> None:
    [statement] = parse_statements(text.encode(), currency="EUR")

    assert statement.entries[0].remittance == "Zoë"


def test_null_bytes_are_refused() -> None:
    assert reason(FILE.replace(b"Zo", b"Z\0o")) == "unsupported_encoding"


@pytest.mark.parametrize("file", [b"", b" ", *(FILE[:length] for length in range(60, len(FILE), 97))])
def test_truncated_files_are_refused(file: bytes) -> None:
    assert reason(file) in {"truncated_file", "unsupported_encoding"}


@pytest.mark.parametrize("text", ["{}", "<Document>", "a,b", TEXT + "<x/>", TEXT.replace("</Ntry>", "</ntry>")])
def test_files_that_are_not_well_formed_are_refused(text: str) -> None:
    assert reason(text.encode()) in {"invalid_xml", "unsupported_message"}


@pytest.mark.parametrize(
    "namespace",
    ["camt.053.001.03", "camt.053.001.13", "camt.052.001.08", "camt.054.001.08", "pain.001.001.09", "CAMT.053.001.08"],
)
def test_other_messages_are_refused(namespace: str) -> None:
    with pytest.raises(BankFileError, match=r"camt\.053\.001\.02 and camt\.053\.001\.08") as refused:
        parse_statements(TEXT.replace("camt.053.001.08", namespace).encode(), currency="EUR")

    assert refused.value.reason == "unsupported_message"


def test_file_without_namespace_is_refused() -> None:
    assert reason(b"<Document><BkToCstmrStmt/></Document>") == "unsupported_message"


def test_elements_of_another_namespace_are_not_read() -> None:
    foreign = '<Ntry xmlns="urn:other"><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry></Stmt>'

    [statement] = parse_statements(TEXT.replace("</Stmt>", foreign).encode(), currency="EUR")

    assert len(statement.entries) == 1


def test_prefixed_names_are_read() -> None:
    text = TEXT.replace("<", "<c:").replace("<c:/", "</c:").replace("<c:?", "<?").replace("xmlns=", "xmlns:c=")

    [statement] = parse_statements(text.encode(), currency="EUR")

    assert len(statement.entries) == 1


def test_file_larger_than_limit_is_refused() -> None:
    padding = b" " * (MAX_BYTES - len(FILE) + 1)

    assert reason(FILE + padding) == "file_too_large"
    assert parse_statements(FILE + padding[1:], currency="EUR")


def test_deep_nesting_is_refused() -> None:
    deep = "<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH

    assert reason(TEXT.replace("Zoë", deep).encode()) == "file_too_complex"


def test_too_many_elements_are_refused() -> None:
    assert reason(TEXT.replace("Zoë", "<a/>" * MAX_ELEMENTS).encode()) == "file_too_complex"


def test_too_many_attributes_are_refused() -> None:
    attributes = " ".join(f'a{number}=""' for number in range(MAX_ATTRIBUTES + 1))

    assert reason(TEXT.replace("<Ustrd>", f"<Ustrd {attributes}>").encode()) == "file_too_complex"


@pytest.mark.parametrize("namespace", ["u" * 300, ("u" * 150 + '"') * 2, ("u" * 150 + '"') * 500])
@pytest.mark.parametrize("prefix", ["q", "q" * 101])
@pytest.mark.parametrize("name", ["<{}:a/>", "<a {}:b=''/>"], ids=["element", "attribute"])
def test_long_namespaces_are_refused(namespace: str, prefix: str, name: str) -> None:
    text = TEXT.replace("<Document ", f"<Document xmlns:{prefix} = '{namespace}' ")

    assert reason(text.replace("Zoë", name.format(prefix) * 10).encode()) == "file_too_complex"


@pytest.mark.parametrize("name", ["a" * (MAX_NAME_LENGTH + 1), "a" * 600])
def test_long_names_are_refused(name: str) -> None:
    assert reason(TEXT.replace("Zoë", f"<{name}/>").encode()) == "file_too_complex"
    assert reason(TEXT.replace("Zoë", f"<a {name}=''/>").encode()) == "file_too_complex"


@pytest.mark.parametrize("content", ["<q:a{}/>", "<a {}/>"], ids=["elements", "attributes"])
def test_long_namespace_does_not_multiply_memory(content: str) -> None:
    numbers = range(1000)
    inner = (
        "".join(content.format(number) for number in numbers)
        if "q:" in content
        else content.format(" ".join(f"q:a{number}=''" for number in numbers))
    )
    text = TEXT.replace("<Document ", f"""<Document xmlns:q='{("u" * 150 + '"') * 300}' """).replace("Zoë", inner)
    tracemalloc.start()

    found = reason(text.encode())

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == "file_too_complex"
    assert peak < 20 * len(text)


def test_usual_schema_location_is_read() -> None:
    location = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08 https://bank.example/schemas/camt.053.001.08.xsd"
    attributes = f"xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'\n xsi:schemaLocation='{location}'"

    assert parse_statements(TEXT.replace("<Document ", f"<Document {attributes} ").encode(), currency="EUR")


def test_text_full_of_references_is_read_quickly() -> None:
    [statement] = parse_statements(TEXT.replace("Zoë", "RF18 " * 500_000).encode(), currency="EUR")

    assert statement.entries[0].reference == ""


def test_processing_instructions_and_comments_have_no_effect() -> None:
    text = TEXT.replace("Zoë", '<!-- c --><?xml-stylesheet href="http://127.0.0.1:9/x"?>Zoë<![CDATA[ & co]]>')

    [statement] = parse_statements(text.encode(), currency="EUR")

    assert statement.entries[0].remittance == "Zoë & co"
