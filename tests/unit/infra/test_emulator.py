"""What the emulator is given differs from what AWS is given in one word."""

from __future__ import annotations

import copy
from typing import Any

from infra.emulator import adapted


def test_a_function_that_may_send_a_message_may_send_a_batch_to_the_emulator() -> None:
    read: dict[str, Any] = {"Action": ["dynamodb:GetItem"], "Resource": "a"}
    send: dict[str, Any] = {"Action": ["sqs:SendMessage"], "Resource": "b"}
    role = {"Properties": {"Policies": [{"PolicyDocument": {"Statement": [read, send]}}]}}
    template = {"Resources": {"Role": role, "Topic": {"Type": "AWS::SNS::Topic"}}}

    changed = adapted(copy.deepcopy(template))

    send["Action"].append("sqs:SendMessageBatch")
    assert changed == template
