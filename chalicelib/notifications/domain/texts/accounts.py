"""Texts of events of transfers, accounts, security and webhook endpoints."""

from typing import Final

from chalicelib.notifications.domain.texts.text import Text, Texts

_TRANSFER: Final = "/wallet/transfers/{transfer_id}"
_VIEW_TRANSFER: Final = "View transfer"
_DEPOSIT: Final = {"direction": "DEPOSIT"}
_WITHDRAWAL: Final = {"direction": "WITHDRAWAL"}

TRANSFER_TEXTS: Final[Texts] = {
    "transfer.settled": (
        Text(
            "Deposit received",
            "Your deposit of {amount} is now in your wallet.",
            _VIEW_TRANSFER,
            _TRANSFER,
            subject="Your deposit of {amount} has arrived",
            when=_DEPOSIT,
        ),
        Text(
            "Withdrawal sent",
            "Your withdrawal of {amount} was paid to your bank account.",
            _VIEW_TRANSFER,
            _TRANSFER,
            more=("Your bank may need up to one working day to show it.",),
            subject="Your withdrawal of {amount} was sent",
            when=_WITHDRAWAL,
        ),
    ),
    "transfer.failed": (
        Text(
            "Deposit expired",
            "We didn’t receive your deposit of {amount} in time. Nothing was added to your wallet.",
            _VIEW_TRANSFER,
            _TRANSFER,
            more=("If you have already paid, we add the money to your wallet when it arrives.",),
            subject="Your deposit of {amount} has expired",
            when={**_DEPOSIT, "status": "EXPIRED"},
        ),
        Text(
            "Deposit failed",
            "Your deposit of {amount} failed. Nothing was added to your wallet.",
            _VIEW_TRANSFER,
            _TRANSFER,
            more=("If the money has left your bank account, we add it to your wallet when it arrives.",),
            subject="Your deposit of {amount} failed",
            when=_DEPOSIT,
        ),
        Text(
            "Withdrawal failed",
            "Your withdrawal of {amount} could not be paid. The money is available in your wallet again.",
            _VIEW_TRANSFER,
            _TRANSFER,
            more=("Check the details of your bank account before you try again.",),
            subject="Your withdrawal of {amount} failed",
            when=_WITHDRAWAL,
        ),
    ),
    "transfer.returned": (
        Text(
            "Deposit returned",
            "Your bank reversed your deposit of {amount}, so we took the money out of your wallet.",
            "View wallet",
            "/wallet",
            more=(
                "If your balance did not cover it, you owe the difference.",
                "Until you deposit that amount, you can repay your loans, but you can’t withdraw, lend or borrow.",
            ),
            subject="Your deposit of {amount} was returned",
            when=_DEPOSIT,
        ),
        Text(
            "Withdrawal returned",
            "Your bank returned your withdrawal of {amount}. The money is back in your wallet.",
            _VIEW_TRANSFER,
            _TRANSFER,
            more=("Check the details of your bank account before you try again.",),
            subject="Your withdrawal of {amount} was returned",
            when=_WITHDRAWAL,
        ),
    ),
}
ACCOUNT_TEXTS: Final[Texts] = {
    "account.frozen": (
        Text(
            "Your account is frozen",
            "You can’t withdraw money, request loans or make offers while your account is frozen.",
            "View account",
            "/profile",
            more=(
                "You can still sign in, receive money and repay your loans.",
                "Your open offers are withdrawn, and your open loan requests are hidden.",
                "Your auto-invest rules are turned off.",
            ),
        ),
    ),
    "account.unfrozen": (
        Text(
            "Your account is active again",
            "Your account is no longer frozen. You can use it as before.",
            "View account",
            "/profile",
            more=("Offers that were withdrawn stay withdrawn, and auto-invest rules stay off until you turn them on.",),
        ),
    ),
    "security.new_sign_in": (
        Text(
            "New sign-in to your account",
            "Someone signed in to your account from a new network on {created_at}.",
            "Change password",
            "/profile",
            more=(
                "If this was you, you don’t need to do anything.",
                "If it wasn’t you, change your password now. This signs out all devices.",
            ),
        ),
    ),
    "security.password_changed": (
        Text(
            "Password changed",
            "The password of your account was changed on {created_at}. All devices were signed out.",
            "View account",
            "/profile",
            more=("If you didn’t change it, contact us now.",),
        ),
    ),
    "security.email_changed": (
        Text(
            "Email address changed",
            "The email address of your account was changed on {created_at}.",
            "View account",
            "/profile",
            more=("If you didn’t change it, change your password now and contact us.",),
        ),
    ),
    "webhook_endpoint.disabled": (
        Text(
            "Webhook endpoint disabled",
            "The receiver responded with 410 Gone, so we no longer send events to it.",
            "View endpoint",
            "/developers/{endpoint_id}",
            more=("You can enable the endpoint again and resend failed deliveries on its page.",),
            when={"reason": "gone"},
        ),
        Text(
            "Webhook endpoint disabled",
            "Deliveries to your endpoint have failed for three days, so we no longer send events to it.",
            "View endpoint",
            "/developers/{endpoint_id}",
            more=("Once your receiver works again, enable the endpoint and resend failed deliveries on its page.",),
            when={"reason": "failing"},
        ),
    ),
}
