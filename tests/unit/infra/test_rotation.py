"""A rotated secret, read by the code that signs and verifies."""

import json

from chalicelib.api.signing_keys import SHORTEST_KEY, KeyRing
from infra.rotate_secret import rotated

_GENERATED = {"kid": "1", "key": "k" * 64}


def test_rotation_adds_a_key_and_keeps_one() -> None:
    ring = KeyRing.read(json.dumps(rotated(_GENERATED)))

    assert ring.current == "2"
    assert ring.keys["1"] == _GENERATED["key"].encode()
    assert len(ring.keys["2"]) >= SHORTEST_KEY
    assert ring.keys["2"] != ring.keys["1"]


def test_second_rotation_drops_the_oldest_key() -> None:
    twice = KeyRing.read(json.dumps(rotated(rotated(_GENERATED))))

    assert set(twice.keys) == {"2", "3"}


def test_non_numeric_key_id_gets_a_different_successor() -> None:
    after = rotated({"kid": "a1b2", "key": "k" * 64})

    assert after["previous_kid"] == "a1b2"
    assert after["kid"] != "a1b2"


def test_other_fields_of_the_secret_stay() -> None:
    after = rotated({**_GENERATED, "provider_webhook_secret": "whsec_x"})

    assert after["provider_webhook_secret"] == "whsec_x"
