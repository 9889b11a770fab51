"""The template for the emulator differs from the template for AWS in one word."""

import copy
from typing import Any

from infra.emulator import adapted


def test_emulator_policies_also_allow_message_batches() -> None:
    read: dict[str, Any] = {"Action": ["dynamodb:GetItem"], "Resource": "a"}
    send: dict[str, Any] = {"Action": ["sqs:SendMessage"], "Resource": "b"}
    role = {"Properties": {"Policies": [{"PolicyDocument": {"Statement": [read, send]}}]}}
    template = {"Resources": {"Role": role, "Topic": {"Type": "AWS::SNS::Topic"}}}

    changed = adapted(copy.deepcopy(template))

    send["Action"].append("sqs:SendMessageBatch")
    assert changed == template
