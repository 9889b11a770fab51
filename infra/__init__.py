"""Packaging, template, deployment and smoke test of the platform in AWS."""

from typing import Final

STAGES: Final = ("dev", "staging", "prod")
