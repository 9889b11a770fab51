"""`make deploy STAGE=…`: upload a packaged release, show the changes, and apply them after confirmation."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import STAGES
from infra.release import Release, Releases
from infra.stack import Stack, StackFailed

BUILD: Final = Path(__file__).resolve().parent.parent / "build"
DEFAULT_REGION: Final = "us-east-1"
Ask = Callable[[str], str]


def main(arguments: Sequence[str] | None = None, ask: Ask = input) -> int:
    """Deploy a release, or list releases. Return 0, or 1 if the deployment failed or was declined."""
    given = _parser().parse_args(arguments)
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    session = boto3.Session(region_name=region)
    try:
        account = session.client("sts").get_caller_identity()["Account"]
        releases = Releases(session, account, region)
        if given.list:
            print("\n".join(releases.names(given.stage)))
            return 0
        print(f"Account {account}, region {region}, stage {given.stage}")
        if given.release:
            release = releases.of_name(given.stage, given.release)
        else:
            release = releases.upload(given.build or BUILD / given.stage, given.stage)
        return _deploy(session, given, release, ask)
    except (StackFailed, BotoCoreError, ClientError, OSError) as error:
        print(f"Not deployed. {error}", file=sys.stderr)
        return 1


def _deploy(session: Any, given: argparse.Namespace, release: Release, ask: Ask) -> int:
    stack = Stack(session.client("cloudformation"), given.stage)
    changes = stack.propose(release.template_url, {"Stage": given.stage, **_parameters(given.parameter)})
    print(f"Release {release.name}")
    if changes is None:
        print("Nothing changes.")
    else:
        if not given.quiet:
            print("\n".join(f"  {change}" for change in changes))
        if not given.yes and ask(f"Apply these {len(changes)} changes? [y/N] ").strip().lower() not in ("y", "yes"):
            print("Nothing was changed.")
            return 1
        print(f"{len(changes)} changes applied in {stack.execute():.0f} s")
    if not given.quiet:
        print("\n".join(f"  {name}: {value}" for name, value in sorted(stack.outputs().items())))
    return 0


def _parameters(pairs: Sequence[str]) -> dict[str, str]:
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", choices=STAGES, required=True)
    parser.add_argument("--build", type=Path, help="folder of the built release")
    parser.add_argument("--release", help="earlier release to roll back to")
    parser.add_argument("--list", action="store_true", help="list the releases of the stage and change nothing")
    parser.add_argument("--yes", action="store_true", help="skip the confirmation")
    parser.add_argument("--quiet", action="store_true", help="print neither changes nor outputs")
    parser.add_argument("parameter", nargs="*", help="template parameter as NAME=value; others keep their values")
    return parser


if __name__ == "__main__":
    sys.exit(main())
