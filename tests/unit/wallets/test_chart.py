"""Names of accounts."""

from __future__ import annotations

import pytest

from chalicelib.wallets.domain.chart import AccountKind, control_account, kind_of

ID = "01KF0E7G00ZZZZZZZZZZZZZZZZ"


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        (f"wallet:{ID}", AccountKind.WALLET),
        (f"loan:{ID}", AccountKind.LOAN),
        ("platform:fees", AccountKind.HOT),
        ("external:cash", AccountKind.HOT),
    ],
)
def test_an_account_is_known_by_its_name(account: str, kind: AccountKind) -> None:
    assert kind_of(account) is kind


@pytest.mark.parametrize(
    "name",
    [
        "", "wallet", "wallet:", "wallet:*", "wallet:me", f"wallet:{ID}#1", f"wallet:{ID}:", f"Wallet:{ID}", f":{ID}",
        f"hot:{ID}", "hot:", "platform:fees#2026-01-15#0", "platform:", "platform:gifts", "external:", ID, "Ω:Ω",
    ],
)  # fmt: skip
def test_nothing_else_is_the_name_of_an_account(name: str) -> None:
    assert kind_of(name) is None


def test_wallets_and_loans_have_a_line_that_stands_for_all() -> None:
    accounts = (f"wallet:{ID}", f"loan:{ID}", "platform:fees", "external:cash", "wallet:*")

    assert [control_account(account) for account in accounts] == [
        "wallet:*", "loan:*", "platform:fees", "external:cash", "wallet:*",
    ]  # fmt: skip
