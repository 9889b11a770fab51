"""Texts of events of loans and payments."""

from typing import Final

from chalicelib.notifications.domain.texts.text import BORROWER, LENDER, Text, Texts

_LOAN: Final = "/loans/{loan_id}"
_INVESTMENT: Final = "/market/{loan_id}"
_VIEW_LOAN: Final = "View loan"

LOAN_TEXTS: Final[Texts] = {
    "loan.requested": (
        Text(
            "Loan request published",
            "Lenders can now make offers on your request for {amount} over {term_months:month}.",
            "View loan request",
            _LOAN,
            more=(
                "We will let you know when an offer arrives.",
                "You can cancel the request at any time before the loan is funded.",
            ),
            details=(
                ("Amount", "{amount}"),
                ("Term", "{term_months:month}"),
                ("Highest interest rate", "{requested_rate} a year"),
                ("Expires on", "{expires_on}"),
            ),
            roles=BORROWER,
        ),
    ),
    "loan.subscribed": (
        Text(
            "Your loan is fully subscribed",
            "Lenders have committed all of the {amount} that you requested, at {annual_interest_rate} a year.",
            _VIEW_LOAN,
            _LOAN,
            more=(
                "The money is paid into your wallet as soon as every lender has funded their share.",
                "They have until {funding_deadline}. After that, accepted offers lapse and your request opens again.",
            ),
            details=(
                ("Amount", "{amount}"),
                ("Interest rate", "{annual_interest_rate} a year"),
                ("Funding deadline", "{funding_deadline}"),
            ),
            roles=BORROWER,
        ),
        Text(
            "Fund your share",
            "A loan of {amount} that you offered to fund is fully subscribed. You can pay your share now.",
            "Fund your share",
            _INVESTMENT,
            more=(
                "Pay by {funding_deadline}. After that, all accepted offers lapse and the request opens again.",
                "Offers made by auto-invest are funded automatically.",
            ),
            details=(
                ("Loan amount", "{amount}"),
                ("Interest rate", "{annual_interest_rate} a year"),
                ("Funding deadline", "{funding_deadline}"),
            ),
            roles=LENDER,
        ),
    ),
    "loan.funded": (
        Text(
            "Your loan is funded",
            "{amount} is now in your wallet.",
            "View repayment schedule",
            _LOAN,
            more=("We will remind you three days before each payment is due.",),
            details=(
                ("Amount", "{amount}"),
                ("Interest rate", "{annual_interest_rate} a year"),
                ("Monthly payment", "{monthly_payment}"),
                ("First payment due", "{next_due_date}"),
            ),
            roles=BORROWER,
        ),
        Text(
            "Your investment has started",
            "A loan of {amount} that you invested in has been paid out to the borrower.",
            "View investment",
            _INVESTMENT,
            more=("Repayments are paid into your wallet.",),
            details=(
                ("Loan amount", "{amount}"),
                ("Interest rate", "{annual_interest_rate} a year"),
                ("First repayment due", "{next_due_date}"),
            ),
            roles=LENDER,
        ),
    ),
    "loan.cancelled": (
        Text(
            "Loan request cancelled",
            "Your request for {amount} is cancelled.",
            _VIEW_LOAN,
            _LOAN,
            more=(
                "Any money that lenders had already paid is returned to them. You can make a new request at any time.",
            ),
            roles=BORROWER,
        ),
        Text(
            "Loan cancelled",
            "The borrower cancelled a request for {amount} that you had made an offer on.",
            "Browse open loans",
            "/market",
            more=("Any money that you paid or reserved for it is returned to your available balance.",),
            roles=LENDER,
        ),
    ),
    "loan.expired": (
        Text(
            "Funding deadline missed",
            "Not all lenders funded your loan of {amount} in time, so your request is open for offers again.",
            "View loan request",
            _LOAN,
            more=("Lenders who had paid got their money back. You can accept new offers.",),
            roles=BORROWER,
            when={"deadline": "funding"},
        ),
        Text(
            "Loan request expired",
            "Your request for {amount} expired before it was fully subscribed.",
            "Make a new request",
            "/request",
            more=("No money was paid out. A higher interest rate or a smaller amount can attract more offers.",),
            roles=BORROWER,
        ),
        Text(
            "Funding deadline missed",
            "A loan of {amount} that you offered to fund was not fully funded in time, so it is open for offers again.",
            "View loan request",
            _INVESTMENT,
            more=("Any money that you paid or reserved for it is returned to your available balance.",),
            roles=LENDER,
            when={"deadline": "funding"},
        ),
        Text(
            "Loan request expired",
            "A request for {amount} that you had made an offer on has expired.",
            "Browse open loans",
            "/market",
            more=("Any money that you paid or reserved for it is returned to your available balance.",),
            roles=LENDER,
        ),
    ),
    "loan.overdue": (
        Text(
            "Payment overdue",
            "Your payment of {amount} was due on {due_date}. It is now {days_overdue:day} overdue.",
            "Pay now",
            _LOAN,
            more=("Pay as soon as you can. Late fees and late interest can be added under the terms of your loan.",),
            details=(("Amount due", "{amount}"), ("Due date", "{due_date}"), ("Instalment", "{number}")),
            subject="Your payment of {amount} is {days_overdue:day} overdue",
            roles=BORROWER,
        ),
        Text(
            "Payment overdue on an investment",
            "A payment on a loan that you invested in was due on {due_date} and is overdue.",
            "View investment",
            _INVESTMENT,
            more=("We have reminded the borrower. You don’t need to do anything.",),
            details=(("Due date", "{due_date}"), ("Instalment", "{number}")),
            roles=LENDER,
        ),
    ),
    "loan.defaulted": (
        Text(
            "Your loan is in default",
            "Payments on your loan have been overdue for too long. Everything that you owe is due now.",
            "Pay now",
            _LOAN,
            more=("No more interest is added. Your loan is closed once you have paid everything.",),
            details=(("Unpaid principal", "{written_off}"),),
            roles=BORROWER,
        ),
        Text(
            "Loan in default",
            "A loan that you invested in is in default: its payments have been overdue for too long.",
            "View investment",
            _INVESTMENT,
            more=("If the borrower pays later, your share of each payment is paid into your wallet.",),
            details=(("Unpaid principal of all lenders", "{written_off}"),),
            roles=LENDER,
        ),
    ),
    "loan.completed": (
        Text(
            "Loan paid off",
            "You have repaid your loan of {amount} in full.",
            _VIEW_LOAN,
            _LOAN,
            more=("Thank you. There is nothing more to pay.",),
            roles=BORROWER,
        ),
        Text(
            "Loan repaid in full",
            "The borrower has repaid a loan of {amount} that you invested in.",
            "View investment",
            _INVESTMENT,
            more=("Your share of the last payment is paid into your wallet.",),
            roles=LENDER,
        ),
    ),
    "loan.rescheduled": (
        Text(
            "New repayment schedule",
            "The repayment schedule of your loan of {amount} has changed.",
            "View repayment schedule",
            _LOAN,
            more=("Check the new amounts and due dates before your next payment.",),
            details=(
                ("Interest rate", "{annual_interest_rate} a year"),
                ("Monthly payment", "{monthly_payment}"),
                ("Next payment due", "{next_due_date}"),
            ),
            roles=BORROWER,
        ),
        Text(
            "Repayment schedule changed",
            "The repayment schedule of a loan of {amount} that you invested in has changed.",
            "View investment",
            _INVESTMENT,
            more=("The loan’s page shows your expected repayments.",),
            details=(("Interest rate", "{annual_interest_rate} a year"), ("Next payment due", "{next_due_date}")),
            roles=LENDER,
        ),
    ),
    "payment.due_soon": (
        Text(
            "Payment due today",
            "Your payment of {amount} is due today.",
            "Pay now",
            _LOAN,
            more=(
                "You can pay on the loan’s page.",
                "If autopay is on, today’s attempt has failed. We try again once a day for the next five days.",
            ),
            details=(("Amount due", "{amount}"), ("Due date", "{due_date}"), ("Instalment", "{number}")),
            subject="Your payment of {amount} is due today",
            roles=BORROWER,
            when={"days_until_due": 0},
        ),
        Text(
            "Payment due in {days_until_due:day}",
            "Your payment of {amount} is due on {due_date}.",
            "View payment",
            _LOAN,
            more=(
                "Make sure that there is enough money in your wallet.",
                "If autopay is on, we collect the payment on the due date.",
            ),
            details=(("Amount due", "{amount}"), ("Due date", "{due_date}"), ("Instalment", "{number}")),
            subject="Your payment of {amount} is due on {due_date}",
            roles=BORROWER,
        ),
    ),
    "payment.received": (
        Text(
            "Payment received",
            "Payment of {amount} received.",
            _VIEW_LOAN,
            _LOAN,
            more=("Your loan’s page shows what remains to be paid.",),
            details=(("Principal", "{principal}"), ("Interest", "{interest}"), ("Late fees", "{late_fee}")),
            subject="Payment of {amount} received",
            roles=BORROWER,
        ),
        Text(
            "Repayment received",
            "You received {amount} from an investment. It is now in your wallet.",
            "View investment",
            _INVESTMENT,
            details=(("Principal", "{principal}"), ("Interest", "{interest}")),
            subject="You received a repayment of {amount}",
            roles=LENDER,
        ),
    ),
    "payment.failed": (
        Text(
            "Autopay failed",
            "We couldn’t collect instalment {number} of your loan by autopay.",
            "View payment",
            _LOAN,
            more=(
                "The available balance of your wallet may be too low. Deposit money, or pay on the loan’s page.",
                "We try again once a day for up to five days after the first attempt.",
            ),
            subject="We couldn’t collect your loan payment",
            roles=BORROWER,
        ),
    ),
}
