"""`make rotate-secret STAGE=…`: create a signing key; the current key still verifies until the next rotation."""

import argparse
import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from typing import Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import STAGES
from infra.deploy import DEFAULT_REGION

_KEY_BYTES: Final = 48


def rotated(document: Mapping[str, str]) -> dict[str, str]:
    """Return the secret after a rotation, with a new key under the next id and the current key as the previous key.

    Other fields stay.
    """
    current = document["kid"]
    following = str(int(current) + 1) if current.isdigit() else secrets.token_hex(4)
    return {
        **document,
        "kid": following,
        "key": secrets.token_urlsafe(_KEY_BYTES),
        "previous_kid": current,
        "previous_key": document["key"],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Rotate the signing keys of a stage. Return 0, or 1 if that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", choices=STAGES, required=True)
    stage = parser.parse_args(arguments).stage
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    name = f"p2p-{stage}-signing-keys"
    try:
        client = boto3.client("secretsmanager", region_name=region)
        after = rotated(json.loads(client.get_secret_value(SecretId=name)["SecretString"]))
        client.put_secret_value(SecretId=name, SecretString=json.dumps(after))
    except (BotoCoreError, ClientError, ValueError, KeyError) as error:
        print(f"Not rotated. {error}", file=sys.stderr)
        return 1
    print(f"{name}: key {after['kid']} signs now, key {after['previous_kid']} still verifies.")
    print("Functions load it within an hour, or when they first see its id.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
