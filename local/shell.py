"""`make shell`: open a Python prompt with the platform's container."""

import code
import contextlib
import sys

from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.money import Money, Rate
from local.clock import open_container
from local.tools import exit_status, tool_database

_BANNER = """
container has the platform's services, such as container.users and container.wallets.
Also defined: Actor, Role, Money, Rate. For example:

  admin = Actor("operator", "admin", Role.ADMIN)
  Money.of("1000.00")

Database: {database}. Ctrl-D leaves the shell."""


def _interact() -> int:
    with tool_database() as database:
        names = {"container": open_container(), "Actor": Actor, "Role": Role, "Money": Money, "Rate": Rate}
        with contextlib.suppress(ImportError):  # a Python may be built without line editing
            import readline
            import rlcompleter

            readline.set_completer(rlcompleter.Completer(names).complete)
            readline.parse_and_bind("tab: complete")
        code.interact(banner=_BANNER.format(database=database), local=names, exitmsg="")
    return 0


if __name__ == "__main__":
    sys.exit(exit_status(_interact))
