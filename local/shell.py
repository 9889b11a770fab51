"""`make shell`: a Python prompt with the platform put together."""

from __future__ import annotations

import code
import contextlib
import sys

from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.money import Money, Rate
from chalicelib.shared.settings import InvalidSetting
from local import environment
from local.database import make_tables, shared_database
from local.failure import StartFailure
from local.time_ahead import open_platform

_BANNER = """
The platform is put together: platform, with platform.users, platform.wallets, platform.loans.
Also here: Actor, Role, Money, Rate. For example:

  admin = Actor("operator", "admin", Role.ADMIN)
  Money.of("1000.00")

Database: {database}. Ctrl-D ends this."""


def main() -> int:
    """Open the prompt; 1 when the database cannot be opened."""
    try:
        environment.prepare()
        with shared_database() as database:
            if environment.is_local_stage():
                make_tables()
            _interact(database)
    except (StartFailure, InvalidSetting) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _interact(database: str) -> None:
    names = {"platform": open_platform(), "Actor": Actor, "Role": Role, "Money": Money, "Rate": Rate}
    with contextlib.suppress(ImportError):  # a Python may be built without line editing
        import readline
        import rlcompleter

        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")
    code.interact(banner=_BANNER.format(database=database), local=names, exitmsg="")


if __name__ == "__main__":
    sys.exit(main())
