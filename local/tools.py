"""Shared steps of the command-line tools: open the database, and report an error without a traceback."""

import contextlib
import sys
from collections.abc import Callable, Iterator

from chalicelib.shared.settings import InvalidSetting
from local import environment
from local.data_directory import DataDirectory
from local.database import create_missing_tables, open_database
from local.errors import StartError


def exit_status(work: Callable[[], int]) -> int:
    """Do the work of a tool and return its exit status: 1, with a message, if the tool cannot start."""
    try:
        return work()
    except (StartError, InvalidSetting) as error:
        print(error, file=sys.stderr)
        return 1


@contextlib.contextmanager
def tool_database() -> Iterator[str]:
    """Open the database of a tool and yield its description.

    It is that of a running server, else one for the tool alone. A stage other than the local one is used as the
    environment says.

    Raises:
        StartError: the database cannot be opened.
    """
    environment.prepare()
    if not environment.is_local_stage():
        yield "AWS, as the environment says"
        return
    directory = DataDirectory(environment.data_directory())
    address = directory.database_address() if directory.is_claimed() else None
    if address is None or environment.configured_endpoint():
        with open_database() as database:
            create_missing_tables()
            yield database.description
        return
    environment.use_own_database(address.endpoint)
    create_missing_tables()
    yield f"that of the running server, {address.endpoint}"
