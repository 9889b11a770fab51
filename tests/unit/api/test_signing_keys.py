"""Signing keys: from a file on a laptop, from Secrets Manager in the cloud."""

import json
import multiprocessing
import stat
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from chalicelib.api.signing_keys import KeyRing, SigningKeys, from_file
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.settings import InvalidSetting, Settings


def test_first_start_creates_a_private_key(tmp_path: Path, clock: FixedClock) -> None:
    path = tmp_path / "new" / "signing.key"

    ring = SigningKeys.of(Settings(signing_key_file=str(path)), clock).ring()

    assert SigningKeys.of(Settings(signing_key_file=str(path)), clock).ring() == ring
    assert len(ring.keys[ring.current]) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["signing.key"]


def test_concurrent_threads_agree_on_one_key(tmp_path: Path) -> None:
    for attempt in range(20):
        with ThreadPoolExecutor(8) as pool:
            seen = set(pool.map(from_file, [tmp_path / str(attempt) / "signing.key"] * 8))
        assert len(seen) == 1


def test_concurrent_processes_agree_on_one_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        seen = set(pool.map(from_file, [tmp_path / "signing.key"] * 4))

    assert len(seen) == 1


def test_cloud_keys_come_from_secrets_manager(clock: FixedClock) -> None:
    with mock_aws():
        secrets = boto3.client("secretsmanager", region_name="us-east-1")
        secrets.create_secret(Name="keys", SecretString=json.dumps({"kid": "7", "key": "s" * 64}))
        ring = SigningKeys.of(Settings(stage="production", signing_secret_id="keys"), clock).ring()

    assert (ring.current, dict(ring.keys)) == ("7", {"7": b"s" * 64})


def test_unreadable_secret_is_an_outage(clock: FixedClock) -> None:
    with mock_aws():
        keys = SigningKeys.of(Settings(stage="production", signing_secret_id="none"), clock)
        with pytest.raises(Unavailable):
            keys.ring()


def test_known_keys_stay_valid_during_an_outage(clock: FixedClock) -> None:
    secrets = iter([json.dumps({"kid": "1", "key": "k" * 40}), "", ""])
    keys = SigningKeys(lambda: next(secrets), clock)
    ring = keys.ring()

    clock.advance(hours=2)

    assert keys.ring() == ring
    assert keys.verifying("unknown") is None


def test_cloud_never_uses_a_key_file(clock: FixedClock) -> None:
    with pytest.raises(InvalidSetting, match="SIGNING_SECRET_ID"):
        SigningKeys.of(Settings(stage="production"), clock)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "7", "{}", '{"kid": "1"}', '{"kid": "1", "key": "short"}', '{"kid": "1", "previous_kid": "0"}'],
)
def test_invalid_secrets_are_rejected_but_not_shown(text: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        KeyRing.read(text)

    assert "short" not in str(refusal.value)


def test_each_purpose_has_its_own_key() -> None:
    ring = KeyRing.read(json.dumps({"kid": "2", "key": "b" * 40, "previous_kid": "1", "previous_key": "a" * 40}))

    derived = {*ring.derived("cursors"), *ring.derived("limits")}

    assert len(derived) == 4
    assert derived.isdisjoint(ring.keys.values())
    assert ring.derived("cursors")[0] == KeyRing("2", {"2": b"b" * 40}).derived("cursors")[0]
    assert "b" * 40 not in repr(ring)
