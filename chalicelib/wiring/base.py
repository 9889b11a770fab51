"""What every feature is built on."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.common.cache import Cache
from chalicelib.common.clock import Clock
from chalicelib.common.dynamo import Database
from chalicelib.common.idempotency import Markers
from chalicelib.common.settings import Settings
from chalicelib.common.work import WorkQueue


@dataclass(frozen=True, slots=True)
class Base:
    """Settings, time, storage, and what keeps effects from happening twice."""

    settings: Settings
    clock: Clock
    database: Database
    queue: WorkQueue
    markers: Markers
    answers: Cache
