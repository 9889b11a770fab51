"""The signing keys of a deployment: from Secrets Manager in the cloud, from a file on a laptop.

Both contain one JSON object: ``kid`` and ``key`` are the id and the text of the current key; ``previous_kid`` and
``previous_key`` may give the previous key, which still verifies; ``provider_webhook_secret`` may give the secret of the
payment provider's notifications. To rotate, move the current key to ``previous_*``
and write a new one: earlier tokens stay valid, and running processes read the new key when they first see its id.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.private_files import read_or_create
from chalicelib.shared.settings import InvalidSetting, Settings

SHORTEST_KEY: Final = 32
_READ_AGAIN_AFTER: Final = timedelta(hours=1)
_UNKNOWN_KEY_PAUSE: Final = timedelta(minutes=1)
_TIMEOUT_SECONDS: Final = 2


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The valid keys by id; ``current`` is the id of the key that signs.

    ``provider_secret`` signs the payment provider's notifications (`whsec_…`); "" if none is stored.
    """

    current: str
    keys: Mapping[str, bytes] = field(repr=False)
    provider_secret: str = field(default="", repr=False)

    @classmethod
    def read(cls, text: str) -> KeyRing:
        """Parse the JSON object.

        Raises:
            InvalidSetting: the text has another form, or a key has fewer than 32 characters.
        """
        try:
            document = json.loads(text)
            keys = {str(document["kid"]): str(document["key"]).encode()}
            if document.get("previous_kid"):
                keys[str(document["previous_kid"])] = str(document["previous_key"]).encode()
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InvalidSetting("the signing keys are not a JSON object with kid and key") from None
        if any(len(key) < SHORTEST_KEY for key in keys.values()):
            raise InvalidSetting(f"a signing key has fewer than {SHORTEST_KEY} characters")
        return cls(str(document["kid"]), keys, str(document.get("provider_webhook_secret", "")))

    def derived(self, purpose: str) -> tuple[bytes, ...]:
        """Return keys derived for another purpose, the current one first: no key serves two purposes."""
        names = sorted(self.keys, key=lambda name: name != self.current)
        label = f"p2p-lending/{purpose}".encode()
        return tuple(hmac.digest(self.keys[name], label, hashlib.sha256) for name in names)


class SigningKeys:
    """The key ring of this process, read on first use and again every hour."""

    def __init__(self, load: Callable[[], str], clock: Clock) -> None:
        self._load = load
        self._clock = clock
        self._lock = threading.Lock()
        self._ring: KeyRing | None = None
        self._asked_at = clock()

    @classmethod
    def of(cls, settings: Settings, clock: Clock) -> SigningKeys:
        """Return the keys of a deployment: from its secret, or on a laptop from a file.

        Raises:
            InvalidSetting: a deployment in the cloud names no secret.
        """
        if settings.signing_secret_id:
            return cls(lambda: _from_secrets_manager(settings), clock)
        if not settings.is_local:
            raise InvalidSetting("SIGNING_SECRET_ID: name the secret that holds the signing keys.")
        return cls(lambda: from_file(Path(settings.signing_key_file)), clock)

    def ring(self) -> KeyRing:
        """Return the keys, read within the last hour if the store responds.

        Raises:
            Unavailable: they were never read, and cannot be read now.
            InvalidSetting: the stored text has another form.
        """
        with self._lock:
            if self._ring is None or self._clock() - self._asked_at > _READ_AGAIN_AFTER:
                self._read()
            if self._ring is None:
                raise Unavailable
            return self._ring

    def verifying(self, kid: str) -> bytes | None:
        """Return the key with this id. An unknown id may be new, so the keys are read again, up to once a minute."""
        ring = self.ring()
        if kid not in ring.keys and self._clock() - self._asked_at > _UNKNOWN_KEY_PAUSE:
            with self._lock:
                self._read()
            ring = self.ring()
        return ring.keys.get(kid)

    def derived(self, purpose: str) -> tuple[bytes, ...]:
        """Return keys derived for a purpose other than signing tokens, the current one first."""
        return self.ring().derived(purpose)

    def _read(self) -> None:
        """Read the keys; if that fails, those read before stay in use."""
        self._asked_at = self._clock()
        try:
            self._ring = KeyRing.read(self._load())
        except (Unavailable, InvalidSetting):
            if self._ring is None:
                raise


def from_file(path: Path) -> str:
    """Return the file's content. The first start creates it with mode 0600; of two simultaneous starts one wins."""
    return read_or_create(path, lambda: json.dumps({"kid": secrets.token_hex(4), "key": secrets.token_urlsafe(48)}))


def _from_secrets_manager(settings: Settings) -> str:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider
    from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
    from botocore.config import Config
    from botocore.session import get_session

    config = Config(connect_timeout=_TIMEOUT_SECONDS, read_timeout=_TIMEOUT_SECONDS)
    client: Any = get_session().create_client("secretsmanager", region_name=settings.region, config=config)
    try:
        return str(SecretsProvider(boto3_client=client).get(settings.signing_secret_id, force_fetch=True))
    except GetParameterError as error:
        raise Unavailable from error
    finally:
        client.close()
