"""What brings the platform into an AWS account: packaging, the finished template, deployment, a check from outside."""

from typing import Final

STAGES: Final = ("dev", "staging", "prod")
