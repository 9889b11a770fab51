"""Open the database that the local programs work on, and create its tables."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.shared.settings import read_settings
from local import environment
from local.data_directory import DatabaseAddress, DataDirectory
from local.database_binary import VERSION, find_database_binary
from local.database_process import DatabaseProcess
from local.errors import StartError
from local.tables import create_tables

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenDatabase:
    """A database that is ready.

    Args:
        description: what it is, for people.
        keep_running: starts an embedded database again if its process has ended.
    """

    description: str
    keep_running: Callable[[], None] = lambda: None


@contextlib.contextmanager
def open_database() -> Iterator[OpenDatabase]:
    """Open the endpoint that the user names, or an embedded database until the end.

    Raises:
        DataInUseError: another server uses the data.
        DatabaseMissingError: the embedded database cannot be installed.
        DatabaseStartError: it does not start.
    """
    endpoint = environment.configured_endpoint()
    if endpoint:
        environment.use_configured_endpoint()
        yield OpenDatabase(f"the endpoint {endpoint}")
        return
    directory = DataDirectory(environment.data_directory())
    with (
        directory.claimed(),
        DatabaseProcess(find_database_binary(), database=directory.database, log=directory.log) as process,
    ):
        directory.publish_address(DatabaseAddress(process.pid, process.endpoint))
        environment.use_own_database(process.endpoint)

        def keep_running() -> None:
            if process.is_running:
                return
            _log.error("the database ended; it is started again")
            if process.restart():
                directory.publish_address(DatabaseAddress(process.pid, process.endpoint))
            else:
                _log.error("the database did not start; its log is %s", directory.log)

        yield OpenDatabase(f"dynoxide {VERSION}, data in {directory.path}", keep_running)


def create_missing_tables() -> int:
    """Create the tables that are missing; return the number of all tables.

    Raises:
        StartError: the endpoint does not respond.
    """
    settings = read_settings()
    client = boto3.client("dynamodb", region_name=settings.region)
    try:
        return len(create_tables(client, settings.table_prefix))
    except (BotoCoreError, ClientError) as error:
        raise StartError(f"The database does not respond as expected: {error}") from error
