"""Account names."""

import pytest

from chalicelib.wallets.domain.ledger import AccountKind, control_account, kind_of

ID = "01KF0E7G00ZZZZZZZZZZZZZZZZ"


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        (f"wallet:{ID}", AccountKind.WALLET),
        (f"loan:{ID}", AccountKind.LOAN),
        (f"receivable:{ID}", AccountKind.RECEIVABLE),
        ("platform:fees", AccountKind.HOT),
        ("platform:suspense", AccountKind.HOT),
        ("external:cash", AccountKind.HOT),
    ],
)
def test_account_kind_follows_from_the_name(account: str, kind: AccountKind) -> None:
    assert kind_of(account) is kind


@pytest.mark.parametrize(
    "name",
    [
        "", "wallet", "wallet:", "wallet:*", "wallet:me", f"wallet:{ID}#1", f"wallet:{ID}:", f"Wallet:{ID}", f":{ID}",
        f"hot:{ID}", "receivable:me", "hot:", "platform:fees#2026-01-15#0", "platform:", "platform:gifts", "external:",
        ID, "Ω:Ω",
    ],
)  # fmt: skip
def test_other_account_names_are_invalid(name: str) -> None:
    assert kind_of(name) is None


def test_control_account_of_each_kind() -> None:
    accounts = (f"wallet:{ID}", f"loan:{ID}", f"receivable:{ID}", "platform:fees", "external:cash", "wallet:*")

    assert [control_account(account) for account in accounts] == [
        "wallet:*", "loan:*", "receivable:*", "platform:fees", "external:cash", "wallet:*",
    ]  # fmt: skip
