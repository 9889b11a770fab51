"""Account numbers are encrypted for one user: by KMS in the cloud, by a key file on a laptop."""

import base64
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from chalicelib.shared.errors import Unavailable
from chalicelib.shared.settings import InvalidSetting, Settings
from chalicelib.transfers.account_cipher import AccountCipher, FileAccountCipher, KmsAccountCipher, account_cipher

_TEXT = '{"holder": "Ána", "iban": "DE89370400440532013000"}'


@pytest.fixture
def kms_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield str(boto3.client("kms", region_name="eu-central-1").create_key()["KeyMetadata"]["KeyId"])


@pytest.fixture(params=["kms", "file"])
def cipher(request: pytest.FixtureRequest, tmp_path: Path) -> AccountCipher:
    if request.param == "file":
        return FileAccountCipher(tmp_path / "bank.key")
    return KmsAccountCipher(request.getfixturevalue("kms_key"), "eu-central-1")


def test_only_the_same_user_gets_the_text_back(cipher: AccountCipher) -> None:
    ciphertext = cipher.encrypt("one", _TEXT)

    assert cipher.decrypt("one", ciphertext) == _TEXT
    with pytest.raises(ValueError, match="another user"):
        cipher.decrypt("two", ciphertext)


def test_equal_texts_have_different_ciphertexts(cipher: AccountCipher) -> None:
    first, second = cipher.encrypt("one", _TEXT), cipher.encrypt("one", _TEXT)

    assert first != second
    assert b"DE89" not in base64.b64decode(first)


def test_altered_ciphertext_is_rejected(cipher: AccountCipher) -> None:
    raw = bytearray(base64.b64decode(cipher.encrypt("one", _TEXT)))
    raw[-1] ^= 1

    with pytest.raises(ValueError, match="another user"):
        cipher.decrypt("one", base64.b64encode(raw).decode())


def test_first_use_creates_a_private_key_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bank.key"

    ciphertext = FileAccountCipher(path).encrypt("one", _TEXT)

    assert FileAccountCipher(path).decrypt("one", ciphertext) == _TEXT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "c2hvcnQ=", "not base 64"])
def test_invalid_key_files_are_rejected_but_not_shown(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bank.key"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(InvalidSetting, match="key file") as rejected:
        FileAccountCipher(path).encrypt("one", _TEXT)

    assert content == "" or content not in str(rejected.value)


def test_missing_cryptography_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)

    with pytest.raises(InvalidSetting, match="make setup"):
        FileAccountCipher(tmp_path / "bank.key").encrypt("one", _TEXT)


def test_cloud_never_uses_a_key_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="BANK_DATA_KEY_ID"):
        account_cipher(Settings(stage="dev"))
    assert isinstance(account_cipher(Settings(stage="dev", bank_data_key_id="key")), KmsAccountCipher)


def test_laptop_keeps_the_key_file_by_its_signing_key(tmp_path: Path) -> None:
    cipher = account_cipher(Settings(signing_key_file=str(tmp_path / "signing.key")))

    assert cipher.decrypt("one", cipher.encrypt("one", _TEXT)) == _TEXT
    assert [path.name for path in tmp_path.iterdir()] == ["bank.key"]


def _failing(monkeypatch: pytest.MonkeyPatch, code: str) -> KmsAccountCipher:
    client: Any = boto3.client("kms", "eu-central-1", aws_access_key_id="testing", aws_secret_access_key="testing")
    stubber = Stubber(client)
    stubber.add_client_error("encrypt", code)
    stubber.activate()
    cipher = KmsAccountCipher("key", "eu-central-1")
    monkeypatch.setattr(cipher, "_client", client, raising=False)
    return cipher


@pytest.mark.parametrize("code", ["KeyUnavailableException", "KMSInternalException", "DependencyTimeoutException"])
def test_failing_key_service_is_an_outage(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    with pytest.raises(Unavailable):
        _failing(monkeypatch, code).encrypt("one", _TEXT)


def test_missing_rights_are_no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Exception, match="AccessDenied"):
        _failing(monkeypatch, "AccessDeniedException").encrypt("one", _TEXT)
