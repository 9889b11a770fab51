"""Settings from the environment and from `.env`."""

import os
import re
from pathlib import Path

import pytest

from chalicelib.shared.settings import Settings, read_settings
from local import environment
from local.errors import StartError

pytestmark = pytest.mark.usefixtures("own_environment")


def env_file(folder: Path, text: str) -> Path:
    path = folder / ".env"
    path.write_text(text)
    return path


def test_a_variable_of_the_file_is_set(tmp_path: Path) -> None:
    environment.read_env_file(env_file(tmp_path, "# fees\n\nPLATFORM_FEE = '4.50'\n"))

    assert os.environ["PLATFORM_FEE"] == "4.50"


def test_the_environment_takes_precedence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM_FEE", "1.00")

    environment.read_env_file(env_file(tmp_path, "PLATFORM_FEE=4.50"))

    assert os.environ["PLATFORM_FEE"] == "1.00"


def test_a_missing_file_changes_nothing(tmp_path: Path) -> None:
    before = dict(os.environ)

    environment.read_env_file(tmp_path / "none")

    assert dict(os.environ) == before


def test_a_malformed_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="line 2"):
        environment.read_env_file(env_file(tmp_path, "CURRENCY=EUR\nexport X"))


def test_every_setting_of_the_example_is_the_default() -> None:
    example = (environment.ROOT / ".env.example").read_text()

    shown = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", example, re.MULTILINE))

    assert len(shown) > 25
    assert read_settings(shown) == Settings()


def test_the_embedded_database_never_uses_the_developers_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")

    environment.use_own_database("http://127.0.0.1:1")

    assert "AWS_PROFILE" not in os.environ
    assert "AWS_SESSION_TOKEN" not in os.environ
    assert os.environ["AWS_ACCESS_KEY_ID"] == "local"
    assert os.environ["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:1"


def test_a_configured_endpoint_keeps_given_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")

    environment.use_configured_endpoint()

    assert os.environ["AWS_ACCESS_KEY_ID"] == "test"


def test_the_data_folder_is_created_and_absolute(tmp_path: Path) -> None:
    path = environment.data_directory()

    assert path.is_dir()
    assert os.environ["DATA_DIR"] == str(path) == str(tmp_path / "data")


def test_impossible_data_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file" / "data"))

    with pytest.raises(StartError, match="DATA_DIR"):
        environment.data_directory()


@pytest.mark.parametrize("text", ["eighty", "-1", "65536", "8000.0", "٨"])
def test_an_invalid_port_is_rejected(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)

    with pytest.raises(StartError, match="PORT="):
        environment.port()


def test_the_default_port_is_8000(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")

    assert environment.port() == 8000
