"""Opens the database that the local programs work on, and makes its tables."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.shared.settings import read_settings
from local import environment
from local.data_directory import DataDirectory, EngineNote
from local.engine import Engine
from local.engine_binary import VERSION, find_engine
from local.failure import StartFailure
from local.tables import create_tables


@contextlib.contextmanager
def owned_database() -> Iterator[str]:
    """The database of a server: the endpoint that the user names, or an engine of our own until the end.

    Raises:
        InUse: another server has the data.
        EngineMissing: there is no engine.
        EngineFailed: the engine does not start.
    """
    with _own_or_given(DataDirectory(environment.data_directory())) as description:
        yield description


@contextlib.contextmanager
def shared_database() -> Iterator[str]:
    """The database of a tool: that of a running server, else one that is opened for the tool alone.

    Another stage than the local one is used as the environment says, without any engine.
    """
    if not environment.is_local_stage():
        yield "AWS, as the environment says"
        return
    directory = DataDirectory(environment.data_directory())
    note = directory.noted_engine() if directory.is_claimed() else None
    if note is None or environment.given_endpoint():
        with _own_or_given(directory) as description:
            yield description
        return
    environment.use_engine(note.endpoint)
    yield f"that of the running server, {note.endpoint}"


@contextlib.contextmanager
def _own_or_given(directory: DataDirectory) -> Iterator[str]:
    endpoint = environment.given_endpoint()
    if endpoint:
        environment.use_given_endpoint()
        yield f"the endpoint {endpoint}"
        return
    with directory.claimed(), Engine(find_engine(), database=directory.database, log=directory.log) as engine:
        directory.note_engine(EngineNote(engine.pid, engine.endpoint))
        environment.use_engine(engine.endpoint)
        yield f"dynoxide {VERSION}, data in {directory.path}"


def make_tables() -> int:
    """Create the tables that are missing; how many there are.

    Raises:
        StartFailure: the endpoint does not answer.
    """
    settings = read_settings()
    client = boto3.client("dynamodb", region_name=settings.region)
    try:
        return len(create_tables(client, settings.table_prefix))
    except (BotoCoreError, ClientError) as error:
        raise StartFailure(f"The database does not answer as it should: {error}") from error
