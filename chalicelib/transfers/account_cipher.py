"""Encryption of account numbers: by a KMS key in the cloud, by a key file on a laptop.

A ciphertext belongs to one user: it can't be decrypted for another one.
"""

from __future__ import annotations

import base64
import secrets
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol

from botocore.exceptions import ClientError

from chalicelib.shared.errors import Unavailable
from chalicelib.shared.private_files import read_or_create
from chalicelib.shared.settings import InvalidSetting, Settings

_KEY_FILE: Final = "bank.key"
"""The name of a laptop's key file, in the folder of its signing key."""
_TIMEOUT_SECONDS: Final = 2
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
"""Source: NIST SP 800-38D, 8.2.2: a random 96-bit nonce for each of at most 2^32 messages of a key."""
_BUSY: Final = frozenset({"DependencyTimeoutException", "KeyUnavailableException", "KMSInternalException"})
"""Errors of KMS that a later attempt may not get; throttling is handled as for every service."""


class AccountCipher(Protocol):
    def encrypt(self, user_id: str, text: str) -> str:
        """Encrypt a text of a user.

        Raises:
            Unavailable: the service that has the key doesn't respond.
        """

    def decrypt(self, user_id: str, text: str) -> str:
        """Return the text that was encrypted for this user.

        Raises:
            Unavailable: the service that has the key doesn't respond.
            ValueError: it was encrypted for another user or by another key, or was altered.
        """


def account_cipher(settings: Settings) -> AccountCipher:
    """Return the cipher of a deployment: its KMS key, or on a laptop a key file.

    Raises:
        InvalidSetting: a deployment in the cloud names no key.
    """
    if settings.bank_data_key_id:
        return KmsAccountCipher(settings.bank_data_key_id, settings.region)
    if not settings.is_local:
        raise InvalidSetting("BANK_DATA_KEY_ID: name the KMS key that encrypts account numbers.")
    return FileAccountCipher(Path(settings.signing_key_file).with_name(_KEY_FILE))


class KmsAccountCipher:
    """Encrypts by a KMS key, with the user's id as encryption context."""

    def __init__(self, key_id: str, region: str) -> None:
        self._key_id = key_id
        self._region = region

    def encrypt(self, user_id: str, text: str) -> str:
        response = self._call("encrypt", user_id, Plaintext=text.encode())
        return base64.b64encode(response["CiphertextBlob"]).decode()

    def decrypt(self, user_id: str, text: str) -> str:
        response = self._call("decrypt", user_id, CiphertextBlob=base64.b64decode(text))
        return bytes(response["Plaintext"]).decode()

    @cached_property
    def _client(self) -> Any:
        from botocore.config import Config
        from botocore.session import get_session

        config = Config(connect_timeout=_TIMEOUT_SECONDS, read_timeout=_TIMEOUT_SECONDS)
        return get_session().create_client("kms", region_name=self._region, config=config)

    def _call(self, operation: str, user_id: str, **parameters: bytes) -> Any:
        try:
            return getattr(self._client, operation)(
                KeyId=self._key_id, EncryptionContext={"user_id": user_id}, **parameters
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _BUSY:
                raise Unavailable from error
            if code == "InvalidCiphertextException":
                raise ValueError("the ciphertext is of another user or key") from error
            raise


class FileAccountCipher:
    """Encrypts by AES-256-GCM with a key from a file, which the first use creates with mode 0600."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def encrypt(self, user_id: str, text: str) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), user_id.encode())).decode()

    def decrypt(self, user_id: str, text: str) -> str:
        from cryptography.exceptions import InvalidTag

        raw = base64.b64decode(text)
        try:
            return bytes(self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], user_id.encode())).decode()
        except InvalidTag as error:
            raise ValueError("the ciphertext is of another user or key") from error

    @cached_property
    def _cipher(self) -> Any:
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError:
            raise InvalidSetting(
                "The key file encrypts account numbers with the package cryptography: run `make setup`, which "
                "installs it, or set BANK_DATA_KEY_ID."
            ) from None
        text = read_or_create(self._path, lambda: base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode())
        try:
            key = base64.b64decode(text, validate=True)
        except ValueError:
            key = b""
        if len(key) != _KEY_BYTES:
            raise InvalidSetting(f"The key file {self._path.name} must contain {_KEY_BYTES} bytes in base 64.")
        return AESGCM(key)
