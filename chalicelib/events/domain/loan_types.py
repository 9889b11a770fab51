"""Event types of loans, offers and payments."""

from typing import Final

from chalicelib.events.domain.event import EventData
from chalicelib.events.domain.event_type import EventType, Field, FieldKind

OFFER_DECLINED: Final = "offer.declined"
_LOAN_ID: Final = "01J9ZK3V5Q8RWM2N4T6Y7XBCDE"
_OFFER_ID: Final = "01J9ZM8T2C6QF4XK0R5V7WNHJP"
_PAYMENT_ID: Final = "01JC4Y1G7D3BZS9P6M8K2FTQRX"
_BORROWER: Final = "the borrower"
_LENDER: Final = "the lender"
_BOTH: Final = "the borrower and the loan's lenders"

_LOAN: Final = Field(FieldKind.ID, "the loan")
_OFFER: Final = Field(FieldKind.ID, "the offer")
_AMOUNT: Final = Field(FieldKind.AMOUNT, "the amount of the loan")
_OFFERED: Final = Field(FieldKind.AMOUNT, "the amount that the lender offers")
_OFFERED_RATE: Final = Field(FieldKind.RATE, "the annual interest rate that the lender offers, in percent")
_RATE: Final = Field(FieldKind.RATE, "the annual interest rate of the loan, in percent")
_TERM: Final = Field(FieldKind.NUMBER, "the number of instalments")
_MONTHLY: Final = Field(FieldKind.AMOUNT, "the monthly instalment")
_NEXT_DUE: Final = Field(FieldKind.DATE, "the due date of the oldest unpaid instalment", is_nullable=True)
_INSTALMENT: Final = Field(FieldKind.NUMBER, "the number of the instalment, from 1")
_DUE: Final = Field(FieldKind.DATE, "the due date of the instalment")
_UNPAID: Final = Field(FieldKind.AMOUNT, "the unpaid amount of the instalment, including late fee and late interest")

_TERMS: Final[EventData] = {"loan_id": _LOAN_ID, "amount": "1000.00", "annual_interest_rate": "11.50", "term_months": 6}
_OFFER_FIELDS: Final = {
    "loan_id": _LOAN,
    "offer_id": _OFFER,
    "amount": _OFFERED,
    "annual_interest_rate": _OFFERED_RATE,
}
_OFFER_EXAMPLE: Final[EventData] = {
    "loan_id": _LOAN_ID,
    "offer_id": _OFFER_ID,
    "amount": "400.00",
    "annual_interest_rate": "11.50",
}
_DUE_FIELDS: Final = {
    "loan_id": _LOAN,
    "offer_id": _OFFER,
    "amount_due": Field(FieldKind.AMOUNT, "the amount to pay: the accepted amount and the share of the fee"),
    "funding_deadline": Field(FieldKind.DATE, "the last day on which the lender can pay"),
}
_DUE_EXAMPLE: Final[EventData] = {
    "loan_id": _LOAN_ID,
    "offer_id": _OFFER_ID,
    "amount_due": "401.50",
    "funding_deadline": "2026-01-21",
}

LOAN_TYPES: Final = (
    EventType(
        "loan.requested",
        "A borrower requested a loan.",
        _BORROWER,
        {
            "loan_id": _LOAN,
            "amount": _AMOUNT,
            "requested_rate": Field(
                FieldKind.RATE, "the highest annual interest rate that lenders can offer, in percent"
            ),
            "term_months": _TERM,
            "expires_on": Field(
                FieldKind.DATE, "the day on which the request expires unless it is fully subscribed", is_nullable=True
            ),
        },
        {
            "loan_id": _LOAN_ID,
            "amount": "1000.00",
            "requested_rate": "12.00",
            "term_months": 6,
            "expires_on": "2026-02-14",
        },
    ),
    EventType(
        "loan.subscribed",
        "The borrower accepted offers for the whole amount. The lenders can fund the loan now.",
        _BOTH,
        {
            "loan_id": _LOAN,
            "amount": _AMOUNT,
            "annual_interest_rate": _RATE,
            "term_months": _TERM,
            "funding_deadline": Field(FieldKind.DATE, "the last day on which lenders can pay", is_nullable=True),
        },
        {**_TERMS, "funding_deadline": "2026-01-21"},
    ),
    EventType(
        "loan.funded",
        "All lenders paid their shares, and the borrower received the amount.",
        _BOTH,
        {
            "loan_id": _LOAN,
            "amount": _AMOUNT,
            "annual_interest_rate": _RATE,
            "term_months": _TERM,
            "monthly_payment": _MONTHLY,
            "next_due_date": _NEXT_DUE,
        },
        {**_TERMS, "monthly_payment": "172.29", "next_due_date": "2026-02-15"},
    ),
    EventType(
        "loan.cancelled",
        "The borrower cancelled the request before it was funded. Lenders who had paid got their money back.",
        "the borrower and the lenders with an offer",
        {"loan_id": _LOAN, "amount": _AMOUNT},
        {"loan_id": _LOAN_ID, "amount": "1000.00"},
    ),
    EventType(
        "loan.expired",
        "A deadline passed. A request that was not fully subscribed in time is cancelled; a loan that was not funded "
        "in time is open for offers again. Lenders who had paid got their money back.",
        "the borrower and the lenders with an offer",
        {
            "loan_id": _LOAN,
            "amount": _AMOUNT,
            "deadline": Field(FieldKind.CODE, "the deadline that passed", ("request", "funding")),
        },
        {"loan_id": _LOAN_ID, "amount": "1000.00", "deadline": "funding"},
    ),
    EventType(
        "loan.overdue",
        "An instalment is overdue.",
        "the borrower 1, 7 and 14 days after the due date; the loan's lenders after 1 day",
        {
            "loan_id": _LOAN,
            "number": _INSTALMENT,
            "amount": _UNPAID,
            "due_date": _DUE,
            "days_overdue": Field(
                FieldKind.NUMBER, "days since the due date: 1, 7 or 14; more if the reminder is late"
            ),
        },
        {
            "loan_id": _LOAN_ID,
            "number": 2,
            "amount": "172.29",
            "due_date": "2026-03-15",
            "days_overdue": 1,
        },
    ),
    EventType(
        "loan.defaulted",
        "The loan was overdue for too long. Everything unpaid is due now, and no more interest accrues.",
        _BOTH,
        {
            "loan_id": _LOAN,
            "amount": _AMOUNT,
            "written_off": Field(FieldKind.AMOUNT, "the unpaid principal, which is written off"),
        },
        {"loan_id": _LOAN_ID, "amount": "1000.00", "written_off": "837.29"},
    ),
    EventType(
        "loan.completed",
        "The loan was repaid in full.",
        _BOTH,
        {"loan_id": _LOAN, "amount": _AMOUNT},
        {"loan_id": _LOAN_ID, "amount": "1000.00"},
    ),
    EventType(
        "loan.rescheduled",
        "The loan has new terms.",
        _BOTH,
        {
            "loan_id": _LOAN,
            "amount": _AMOUNT,
            "annual_interest_rate": _RATE,
            "term_months": _TERM,
            "monthly_payment": _MONTHLY,
            "next_due_date": _NEXT_DUE,
            "ground": Field(
                FieldKind.CODE,
                "why: the contract provides for it, or the borrower is in financial difficulty",
                ("contractual", "distressed"),
                is_nullable=True,
            ),
        },
        {
            **_TERMS,
            "term_months": 12,
            "monthly_payment": "90.12",
            "next_due_date": "2026-04-15",
            "ground": "contractual",
        },
    ),
)
OFFER_TYPES: Final = (
    EventType(
        "offer.received",
        "A lender made an offer.",
        _BORROWER,
        _OFFER_FIELDS,
        _OFFER_EXAMPLE,
    ),
    EventType(
        "offer.accepted",
        "The borrower accepted an offer, entirely or in part. The lender pays once the loan is fully subscribed.",
        _LENDER,
        {
            **_OFFER_FIELDS,
            "accepted_amount": Field(FieldKind.AMOUNT, "the amount that is accepted"),
            "amount_due": Field(FieldKind.AMOUNT, "the amount to pay: the accepted amount and the share of the fee"),
        },
        {**_OFFER_EXAMPLE, "accepted_amount": "400.00", "amount_due": "401.50"},
    ),
    EventType(
        OFFER_DECLINED,
        "An offer will not be funded: the loan is fully subscribed without it, or its acceptance is void, because the "
        "funding lapsed or the borrower released the loan. Money that the lender had paid was returned.",
        _LENDER,
        {
            "loan_id": _LOAN,
            "reason": Field(
                FieldKind.CODE, "fully subscribed without the offer, or acceptance void", ("subscribed", "void")
            ),
        },
        {"loan_id": _LOAN_ID, "reason": "subscribed"},
    ),
    EventType(
        "offer.withdrawn",
        "An offer that was not accepted was withdrawn: by its lender, with its rule, or by the platform. The money "
        "that a rule had reserved for it is available again.",
        "the borrower and the lender",
        _OFFER_FIELDS,
        _OFFER_EXAMPLE,
    ),
    EventType(
        "offer.unbacked",
        "The lender of an accepted offer does not have the money to fund it.",
        _LENDER,
        _DUE_FIELDS,
        _DUE_EXAMPLE,
    ),
    EventType(
        "offer.funding_due_soon",
        "An accepted offer must be funded today or tomorrow.",
        _LENDER,
        _DUE_FIELDS,
        _DUE_EXAMPLE,
    ),
    EventType(
        "rule.matched",
        "An auto-invest rule made an offer and reserved the money for it.",
        "the rule's owner",
        {
            **_OFFER_FIELDS,
            "rule_id": Field(FieldKind.ID, "the rule"),
            "reserved": Field(
                FieldKind.AMOUNT, "the money reserved: the amount and the highest possible share of the fee"
            ),
        },
        {**_OFFER_EXAMPLE, "rule_id": "01J9ZJ5B9N4H7W1C3E6Q8RSVXY", "reserved": "401.51"},
    ),
    EventType(
        "rule.paused",
        "An auto-invest rule stopped making offers, until the reason no longer applies or the lender restarts it.",
        "the rule's owner",
        {
            "rule_id": Field(FieldKind.ID, "the rule"),
            "reason": Field(
                FieldKind.CODE,
                "why the rule is paused",
                ("insufficient_funds", "account_frozen", "account_restricted", "exposure_reached"),
            ),
        },
        {"rule_id": "01J9ZJ5B9N4H7W1C3E6Q8RSVXY", "reason": "insufficient_funds"},
    ),
)
PAYMENT_TYPES: Final = (
    EventType(
        "payment.due_soon",
        "An instalment is due in 3 days or today.",
        _BORROWER,
        {
            "loan_id": _LOAN,
            "number": _INSTALMENT,
            "amount": _UNPAID,
            "due_date": _DUE,
            "days_until_due": Field(
                FieldKind.NUMBER, "days until the due date: 3 or 0; fewer than 3 if the reminder is late"
            ),
        },
        {
            "loan_id": _LOAN_ID,
            "number": 2,
            "amount": "172.29",
            "due_date": "2026-03-15",
            "days_until_due": 3,
        },
    ),
    EventType(
        "payment.received",
        "A loan payment was received: the borrower paid, or a lender was paid their share.",
        "the borrower and each lender who is paid, each with a separate event",
        {
            "loan_id": _LOAN,
            "payment_id": Field(FieldKind.ID, "the payment"),
            "party": Field(FieldKind.CODE, "the recipient of this event", ("borrower", "lender")),
            "amount": Field(FieldKind.AMOUNT, "the amount that the borrower paid or that the lender was paid"),
            "principal": Field(FieldKind.AMOUNT, "the principal in this amount"),
            "interest": Field(FieldKind.AMOUNT, "the interest in this amount, including late interest"),
            "late_fee": Field(FieldKind.AMOUNT, "the late fee in this amount; 0.00 for lenders"),
            "fee_refund": Field(
                FieldKind.AMOUNT,
                "the platform fee that is refunded to the lender on top of this amount; 0.00 for borrowers",
            ),
        },
        {
            "loan_id": _LOAN_ID,
            "payment_id": _PAYMENT_ID,
            "party": "borrower",
            "amount": "172.29",
            "principal": "162.71",
            "interest": "9.58",
            "late_fee": "0.00",
            "fee_refund": "0.00",
        },
    ),
    EventType(
        "payment.failed",
        "Autopay failed to pay an instalment.",
        _BORROWER,
        {
            "loan_id": _LOAN,
            "number": _INSTALMENT,
            "reason": Field(FieldKind.CODE, "the error code, such as `insufficient_funds`", is_nullable=True),
        },
        {"loan_id": _LOAN_ID, "number": 2, "reason": "insufficient_funds"},
    ),
)
