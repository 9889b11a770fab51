"""`make create-admin`: makes an operator of any stage. The password is asked for and never shown."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import container as wiring
from chalicelib.shared.errors import AppError, Unprocessable
from chalicelib.shared.settings import InvalidSetting, read_settings
from local import environment
from local.database import make_tables, shared_database
from local.failure import StartFailure

Ask = Callable[[str], str]


class PasswordsDiffer(StartFailure):
    """The two entries of the password are not the same."""

    def __init__(self) -> None:
        super().__init__("The two passwords differ.")


def main(ask: Ask = input, ask_hidden: Ask = getpass.getpass) -> int:
    """Ask for a name, an e-mail address and a password, and make the operator; 1 when it was not made."""
    try:
        environment.prepare()
        with shared_database() as database:
            print(f"Stage {read_settings().stage}, tables {read_settings().table_prefix}*, database: {database}")
            if environment.is_local_stage():
                make_tables()
            print(_create(ask, ask_hidden))
    except (StartFailure, InvalidSetting, AppError) as error:
        print(f"Not made. {_explained(error)}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"Not made. The database does not answer as it should: {error}", file=sys.stderr)
        return 1
    except (EOFError, KeyboardInterrupt):
        print("\nNot made.", file=sys.stderr)
        return 1
    return 0


def _create(ask: Ask, ask_hidden: Ask) -> str:
    username = ask("Username: ").strip()
    email = ask("E-mail: ").strip()
    password = ask_hidden("Password (8 to 128 characters): ")
    if ask_hidden("Password again: ") != password:
        raise PasswordsDiffer
    user = wiring.get_container().users.create_operator(username=username, email=email, password=password)
    return f"Operator {user.username} made, id {user.id}."


def _explained(error: Exception) -> str:
    if isinstance(error, Unprocessable) and error.errors:
        return "; ".join(f"{field}: {message}" for field, message in error.errors)
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
