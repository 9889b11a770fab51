"""Tests of the cache's server never go missing unseen."""

from __future__ import annotations

import pytest

from tests.redis_servers import server_program


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_without_a_server_a_laptop_skips_and_continuous_integration_fails(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", ci)

    with pytest.raises(outcome, match="redis-server"):
        server_program()
