"""`make create-admin`: create an operator of any stage. The password is typed and never shown."""

import getpass
import sys
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.container import get_container
from chalicelib.shared.errors import AppError, Unprocessable
from chalicelib.shared.settings import InvalidSetting, read_settings
from local.errors import StartError
from local.tools import tool_database

Prompt = Callable[[str], str]


class PasswordMismatchError(StartError):
    """The two entries of the password differ."""

    def __init__(self) -> None:
        super().__init__("The two passwords differ.")


def main(prompt: Prompt = input, prompt_hidden: Prompt = getpass.getpass) -> int:
    """Read a name, an email address and a password, and create the operator; return 1 if that failed."""
    try:
        with tool_database() as database:
            print(f"Stage {read_settings().stage}, tables {read_settings().table_prefix}*, database: {database}")
            print(_create(prompt, prompt_hidden))
    except (StartError, InvalidSetting, AppError) as error:
        print(f"No operator was created. {_explanation(error)}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"No operator was created. The database does not respond as expected: {error}", file=sys.stderr)
        return 1
    except (EOFError, KeyboardInterrupt):
        print("\nNo operator was created.", file=sys.stderr)
        return 1
    return 0


def _create(prompt: Prompt, prompt_hidden: Prompt) -> str:
    username = prompt("Username: ").strip()
    email = prompt("Email: ").strip()
    password = prompt_hidden("Password (8 to 128 characters): ")
    if prompt_hidden("Repeat the password: ") != password:
        raise PasswordMismatchError
    user = get_container().users.create_operator(username=username, email=email, password=password)
    return f"Operator {user.username} created, id {user.id}."


def _explanation(error: Exception) -> str:
    if isinstance(error, Unprocessable) and error.errors:
        return "; ".join(f"{field}: {message}" for field, message in error.errors)
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
