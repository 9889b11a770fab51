"""A rotated secret, read by the code that signs and verifies."""

from __future__ import annotations

import json

from chalicelib.api.signing_keys import SHORTEST_KEY, KeyRing
from infra.rotate_secret import rotated

_GENERATED = {"kid": "1", "key": "k" * 64}


def test_after_a_rotation_a_new_key_signs_and_the_present_one_still_verifies() -> None:
    ring = KeyRing.read(json.dumps(rotated(_GENERATED)))

    assert ring.current == "2"
    assert ring.keys["1"] == _GENERATED["key"].encode()
    assert len(ring.keys["2"]) >= SHORTEST_KEY
    assert ring.keys["2"] != ring.keys["1"]


def test_the_key_before_the_present_one_is_given_up() -> None:
    twice = KeyRing.read(json.dumps(rotated(rotated(_GENERATED))))

    assert set(twice.keys) == {"2", "3"}


def test_a_key_whose_id_is_no_number_gets_a_successor_of_another_name() -> None:
    after = rotated({"kid": "a1b2", "key": "k" * 64})

    assert after["previous_kid"] == "a1b2"
    assert after["kid"] != "a1b2"
