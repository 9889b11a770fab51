"""Licences, secrets, dangerous calls and advisories of our code and its dependencies."""

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
import yaml

from infra.lock import FILES, pins_of
from local import vendor_assets
from tests.architecture.requirements import distributions
from tests.architecture.source import ROOT

ALLOWED: Final = (
    "MIT", "BSD", "Apache", "PSF", "Python Software Foundation", "ISC", "MPL-2.0", "Mozilla Public License 2.0",
)  # fmt: skip
WITHOUT_METADATA: Final = {"python-dateutil": "Apache-2.0 or BSD, by its LICENSE file"}
LESSER_COPYLEFT: Final = {"python-stdnum"}
"""Libraries under the LGPL: imported as they are published, so that anyone can replace them."""
SCANNED: Final = "chalicelib", "local", "infra", "app.py"
SECRETS: Final = {
    "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "an AWS secret key": r"(?i)aws_secret_access_key\s*[=:]\s*[\"']?[A-Za-z0-9/+]{40}\b",
    "a private key": r"-----BEGIN (?:RSA |EC |OPENSSH |DSA |PGP )?PRIVATE KEY",
    "a GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{60,}",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "a Google key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a signed token": r"\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}",
    "a PyPI or npm token": r"\bpypi-[A-Za-z0-9_-]{50,}|\bnpm_[A-Za-z0-9]{36}\b",
    "a password hash": r"\$argon2id?\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{16,}\$",
    "a login in an address": r"(?i)\b[a-z]+://[^/\s:@\"'{}<>$]+:[^/\s:@\"'{}<>$]+@(?!localhost|example)[a-z0-9.-]+\.[a-z]{2,}",
}  # fmt: skip
ACCEPTED: Final = {
    ("B506", "local/tables.py"),  # a loader that derives from SafeLoader
    ("B310", "infra/emulator.py"),  # http to the loopback address alone
    ("B310", "local/advance.py"),  # http to the loopback address alone
    ("B310", "infra/smoke.py"),  # the address of a deployment, which the deployer names
}
LARGEST_SCANNED_BYTES: Final = 2_000_000


def tracked() -> list[Path]:
    """The files of the repository, and those that would be added to it."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git repository: the files that belong to it are unknown")
    command = [git, "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def test_secret_scan_detects_a_secret() -> None:
    samples = (
        "AKIA" + "A" * 16,
        "-----BEGIN " + "PRIVATE KEY-----",
        "ghp_" + "a" * 36,
        "eyJ" + "a" * 20 + ".eyJ" + "a" * 20 + "." + "a" * 20,
    )

    for sample in samples:
        assert any(re.search(pattern, sample) for pattern in SECRETS.values()), sample


def test_repository_contains_no_secret() -> None:
    patterns = {name: re.compile(pattern.encode()) for name, pattern in SECRETS.items()}
    found = []

    for path in tracked():
        if path.stat().st_size > LARGEST_SCANNED_BYTES:
            continue
        content = path.read_bytes()
        found += [(str(path.relative_to(ROOT)), name) for name, each in patterns.items() if each.search(content)]

    assert found == []


def test_no_data_key_or_environment_file_is_tracked() -> None:
    unwanted = re.compile(r"(\.pem|\.key|\.p12|\.pfx|\.sqlite3?|\.db|credentials|(^|/)\.env)$")

    assert [str(path) for path in tracked() if unwanted.search(path.relative_to(ROOT).as_posix())] == []


def licence_of(name: str) -> str:
    """The declared licence of a distribution: the expression, the classifiers, or the free text."""
    found = importlib.metadata.metadata(name)
    expression, *_ = found.get_all("License-Expression") or [""]
    classifiers = [each for each in found.get_all("Classifier") or () if each.startswith("License ::")]
    free_text, *_ = found.get_all("License") or [""]
    return str(expression or " ".join(classifiers) or free_text.partition("\n")[0])


@pytest.mark.parametrize("name", sorted(distributions("requirements.txt")))
def test_bundled_packages_have_permissive_licences(name: str) -> None:
    licence = WITHOUT_METADATA.get(name) or licence_of(name)

    if name in LESSER_COPYLEFT:
        assert "Lesser General Public License" in licence
    else:
        assert any(allowed in licence for allowed in ALLOWED), licence
        assert "GPL" not in licence


def test_installed_packages_match_the_pins() -> None:
    pins = dict(line.split("==") for line in pins_of(ROOT / "requirements.txt"))

    assert {name: importlib.metadata.version(name.split("[")[0]) for name in pins} == pins


def requirements_files() -> list[str]:
    """All requirements files of the repository."""
    return sorted(str(path.relative_to(ROOT)) for path in tracked() if re.fullmatch(r"requirements.*\.txt", path.name))


def test_every_requirements_file_is_locked() -> None:
    assert requirements_files() == sorted(FILES)


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_pinned_package_has_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = pins_of(ROOT / name)

    assert pins
    for pin in pins:
        assert f"\n{pin} \\\n    --hash=sha256:" in f"\n{text}", pin


def test_packages_are_installed_with_their_hashes_only() -> None:
    places = [ROOT / "Makefile", ROOT / ".ci" / "run", *(ROOT / "infra").glob("*.sh"), *(ROOT / "local").glob("*.sh")]
    installs = [
        f"{path.name}: {line.strip()}"
        for path in places
        for line in path.read_text(encoding="utf-8").splitlines()
        if "pip install" in line
    ]

    assert installs
    assert [line for line in installs if "--require-hashes" not in line] == []


@pytest.mark.parametrize("name", ["check.yml", "deploy.yml"])
def test_actions_are_pinned_to_commits(name: str) -> None:
    text = (ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8")
    used = re.findall(r"uses: (?!\./)(\S+)(.*)", text)

    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r"  # v\d+\.\d+\.\d+", comment), action


def test_deployment_waits_for_the_checks() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "deploy.yml").read_text(encoding="utf-8"))["jobs"]

    assert jobs["check"]["uses"] == "./.github/workflows/check.yml"
    assert jobs["deploy"]["needs"] == "check"


def test_release_lists_its_packages() -> None:
    text = (ROOT / ".github" / "workflows" / "check.yml").read_text(encoding="utf-8")

    assert "run: make sbom" in text
    assert "build/sbom.json" in text


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The npm packages of the vendored files, checked against their pinned digests."""
    folder = tmp_path_factory.mktemp("npm")
    try:
        return {name: vendor_assets.fetch(name, folder) for name in vendor_assets.SHIPPED}
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("vendored files cannot be rebuilt here: npm or the network is missing")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(vendor_assets.TARGETS))
def test_vendored_file_equals_its_rebuild(name: str, packages: dict[str, Path]) -> None:
    rebuilt = vendor_assets.TARGETS[name](packages).encode()

    stored = (vendor_assets.STATIC / name).read_bytes()
    assert hashlib.sha256(stored).hexdigest() == hashlib.sha256(rebuilt).hexdigest()


def test_bandit_reports_no_serious_finding() -> None:
    options = ["--quiet", "--recursive", "--format", "json", "--severity-level", "medium"]
    command = [sys.executable, "-m", "bandit", *options, *SCANNED]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=120)

    report = json.loads(done.stdout)
    assert report["errors"] == []
    findings = [(each["test_id"], each["filename"], each["issue_text"]) for each in report["results"]]
    assert sorted({(test, name.removeprefix("./")) for test, name, _ in findings} - ACCEPTED) == [], findings


def test_pinned_packages_have_no_known_vulnerability() -> None:
    program = os.environ.get("PIP_AUDIT")
    if program is None:
        pytest.skip("advisories are looked up online: `make audit` does so where there is a network")

    done = subprocess.run(
        [program, "--requirement", "requirements.txt"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=300,
        text=True,
    )

    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    if (unknown := output.count("could not be audited")) > 0:
        pytest.skip(f"the advisories of {unknown} packages cannot be looked up from here")
