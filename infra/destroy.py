"""`make destroy STAGE=dev`: delete the development stage and all its data. Other stages are rejected."""

import argparse
import os
import sys
from collections.abc import Sequence

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy import DEFAULT_REGION, Ask
from infra.stack import Stack, StackFailed


def main(arguments: Sequence[str] | None = None, ask: Ask = input) -> int:
    """Disable deletion protection and delete the stack. Return 0, or 1 if that failed or was declined."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", choices=("dev",), required=True)
    given = parser.parse_args(arguments)
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    session = boto3.Session(region_name=region)
    stack = Stack(session.client("cloudformation"), given.stage)
    try:
        account = session.client("sts").get_caller_identity()["Account"]
        if stack.status() is None:
            print("The stage does not exist.")
            return 0
        if (
            ask(f"Destroy {stack.name} in account {account} with all its data? Type its name to confirm: ").strip()
            != stack.name
        ):
            print("Nothing was destroyed.")
            return 1
        tables = stack.resources("AWS::DynamoDB::Table")
        dynamodb = session.client("dynamodb")
        for table in tables:
            dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        stack.delete()
    except (StackFailed, BotoCoreError, ClientError) as error:
        print(f"Not destroyed. {error}", file=sys.stderr)
        return 1
    print(f"Destroyed, including {len(tables)} tables.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
