"""Open the database that the local programs work on, and create its tables."""

import contextlib
from collections.abc import Iterator

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.shared.settings import read_settings
from local import environment
from local.data_directory import DatabaseAddress, DataDirectory
from local.database_binary import VERSION, find_database_binary
from local.database_process import DatabaseProcess
from local.errors import StartError
from local.tables import create_tables


@contextlib.contextmanager
def open_database() -> Iterator[str]:
    """Open the endpoint that the user names, or an embedded database until the end; yield a description.

    Raises:
        DataInUseError: another server uses the data.
        DatabaseMissingError: the embedded database cannot be installed.
        DatabaseStartError: it does not start.
    """
    endpoint = environment.configured_endpoint()
    if endpoint:
        environment.use_configured_endpoint()
        yield f"the endpoint {endpoint}"
        return
    directory = DataDirectory(environment.data_directory())
    with (
        directory.claimed(),
        DatabaseProcess(find_database_binary(), database=directory.database, log=directory.log) as process,
    ):
        directory.publish_address(DatabaseAddress(process.pid, process.endpoint))
        environment.use_own_database(process.endpoint)
        yield f"dynoxide {VERSION}, data in {directory.path}"


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
