"""The context that AWS Lambda passes to a function together with the event."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Final

FUNCTION_NAME: Final = "p2p-lending-local"
MEMORY_MB: Final = 512
_TIME_LIMIT_MS: Final = 29_000  # API Gateway gives up after 29 seconds


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """The context of one invocation, with the attributes of AWS Lambda's own class."""

    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_name: str = FUNCTION_NAME
    function_version: str = "$LATEST"
    invoked_function_arn: str = f"arn:aws:lambda:us-east-1:000000000000:function:{FUNCTION_NAME}"
    memory_limit_in_mb: int = MEMORY_MB
    log_group_name: str = f"/aws/lambda/{FUNCTION_NAME}"
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None
    _started: float = field(default_factory=time.monotonic, repr=False)

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the time limit of the invocation; never negative."""
        passed_ms = int((time.monotonic() - self._started) * 1000)
        return max(0, _TIME_LIMIT_MS - passed_ms)
