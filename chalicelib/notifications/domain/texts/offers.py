"""Texts of events of offers and auto-invest."""

from typing import Final

from chalicelib.notifications.domain.texts.text import BORROWER, LENDER, Text, Texts

_LOAN: Final = "/market/{loan_id}"

OFFER_TEXTS: Final[Texts] = {
    "offer.received": (
        Text(
            "New offer",
            "A lender offered {amount} at {annual_interest_rate} a year.",
            "Review offers",
            "/loans/{loan_id}/offers",
            more=("Compare your offers, and accept those that you want.",),
            details=(("Amount", "{amount}"), ("Interest rate", "{annual_interest_rate} a year")),
            subject="New offer: {amount} at {annual_interest_rate}",
            roles=BORROWER,
        ),
    ),
    "offer.accepted": (
        Text(
            "Offer accepted",
            "The borrower accepted {accepted_amount} of your offer.",
            "View offer",
            _LOAN,
            more=(
                "You can fund your share once the loan is fully subscribed.",
                "All lenders then receive the same interest rate, which is at least the rate that you offered.",
            ),
            details=(("Accepted amount", "{accepted_amount}"), ("Amount to pay, with fee", "{amount_due}")),
            roles=LENDER,
        ),
    ),
    "offer.declined": (
        Text(
            "Accepted offer lapsed",
            "The loan was not funded in time, or the borrower gave up the accepted offers, so yours has lapsed.",
            "View loan request",
            _LOAN,
            more=("Any money that you paid or reserved for it is available again. You can make a new offer.",),
            roles=LENDER,
            when={"reason": "void"},
        ),
        Text(
            "Offer not accepted",
            "The borrower accepted other offers, and the loan is now fully subscribed.",
            "Browse open loans",
            "/market",
            more=("If the loan isn’t funded in time, the borrower can still accept your offer.",),
            roles=LENDER,
            when={"reason": "subscribed"},
        ),
    ),
    "offer.withdrawn": (
        Text(
            "Offer withdrawn",
            "Your offer of {amount} at {annual_interest_rate} a year was withdrawn.",
            "Browse open loans",
            "/market",
            more=("Any money that was reserved for it is available again.",),
            roles=LENDER,
        ),
        Text(
            "Offer withdrawn",
            "An offer of {amount} at {annual_interest_rate} a year was withdrawn.",
            "Review offers",
            "/loans/{loan_id}/offers",
            roles=BORROWER,
        ),
    ),
    "offer.unbacked": (
        Text(
            "Your balance doesn’t cover your offer",
            "To fund your accepted offer you need {amount_due}, which is more than your available balance.",
            "Deposit money",
            "/wallet",
            more=("Deposit money and fund your share by {funding_deadline}. After that, your offer lapses.",),
            details=(("Amount to pay, with fee", "{amount_due}"), ("Funding deadline", "{funding_deadline}")),
            roles=LENDER,
        ),
    ),
    "offer.funding_due_soon": (
        Text(
            "Fund your share by {funding_deadline}",
            "Pay {amount_due} by {funding_deadline} to fund your share of a loan.",
            "Fund your share",
            _LOAN,
            more=("If you don’t fund your share in time, all accepted offers for this loan lapse.",),
            details=(("Amount to pay, with fee", "{amount_due}"), ("Funding deadline", "{funding_deadline}")),
            roles=LENDER,
        ),
    ),
    "rule.matched": (
        Text(
            "Auto-invest made an offer",
            "One of your rules offered {amount} at {annual_interest_rate} a year.",
            "View loan",
            _LOAN,
            more=("The money for this offer is reserved in your wallet.",),
            details=(("Amount", "{amount}"), ("Interest rate", "{annual_interest_rate} a year")),
            roles=LENDER,
        ),
    ),
    "rule.paused": (
        Text(
            "Auto-invest rule paused",
            "One of your rules makes no offers at the moment, because your available balance is too low.",
            "Deposit money",
            "/wallet",
            more=("It continues when there is enough money in your wallet.",),
            roles=LENDER,
            when={"reason": "insufficient_funds"},
        ),
        Text(
            "Auto-invest rule paused",
            "One of your rules makes no offers at the moment, because it has reached its maximum exposure.",
            "View rules",
            "/auto",
            more=("It continues when borrowers have repaid enough, or when you raise the limit.",),
            roles=LENDER,
            when={"reason": "exposure_reached"},
        ),
        Text(
            "Auto-invest rule paused",
            "One of your rules makes no offers at the moment, because you owe money after a returned deposit.",
            "Deposit money",
            "/wallet",
            more=("It continues when you have deposited the amount that you owe.",),
            roles=LENDER,
            when={"reason": "account_restricted"},
        ),
        Text(
            "Auto-invest rule paused",
            "One of your rules was turned off, because your account is frozen.",
            "View rules",
            "/auto",
            more=("Turn the rule on again once your account is no longer frozen.",),
            roles=LENDER,
            when={"reason": "account_frozen"},
        ),
    ),
}
