"""Users and loans in the states that example requests start from, made when first needed."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any, Final, Generic, Protocol, TypeVar

from chalicelib.container import get_container
from chalicelib.notifications.domain.suppression import SuppressionReason
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import utc_now
from chalicelib.transfers.domain.notification import NotificationType, TransferEvent
from chalicelib.transfers.providers.notification_body import notification_body
from chalicelib.web.assets import packaged_assets
from tests import bank_files
from tests.factories import (
    PASSWORD,
    UNKNOWN_ID,
    ApiUser,
    fund,
    funded_loan,
    make_offer,
    open_loan,
    pay,
    pending_deposit,
    requested_withdrawal,
    subscribed_loan,
)
from tests.notifications import OPTIONAL_TYPE, notify

INSTALMENTS: Final = 12
RULE: Final = {"amount_per_loan": "50.00", "min_rate": "50.00", "max_term": 1, "max_exposure": "5000.00"}
"""An auto-invest rule that matches no loan."""
BANK_ACCOUNT: Final = {"holder": "Ana Example", "iban": "GB29NWBK60161331926819"}
US_ACCOUNT: Final = {"holder": "Ana Example", "routing_number": "111000025", "account_number": "000123456789"}
_NUMBERS = count(1)
_ENTRY: Final = bank_files.Entry("{amount}", servicer_reference="E{number}", currency="USD")
STATEMENT_FILE: Final = bank_files.document(
    bank_files.Statement([_ENTRY], closing="{amount}", statement_id="S{number}", account_currency="USD", currency="USD")
).decode()
"""A bank statement with one credit that matches nothing."""


class Member(ApiUser, Protocol):
    """A user whose identity is known."""

    @property
    def actor(self) -> Actor:
        """The user's identity."""


U = TypeVar("U", bound=Member)
U_co = TypeVar("U_co", bound=Member, covariant=True)


class UserSource(Protocol[U_co]):
    """Makes users, as `tests.factories.UserFactory` does."""

    def user(self, role: Role, balance: str = "", *, name: str = "") -> U_co:
        """A new user without an account."""

    def registered(self, role: Role, balance: str = "", *, name: str = "") -> U_co:
        """A new user with an account and a password."""


@dataclass(frozen=True, slots=True)
class Situation(Generic[U]):
    """A user who is about to send a request, None for an anonymous client.

    Args:
        values: the values of the request's placeholders.
        headers: further headers.
    """

    user: U | None
    values: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class Marketplace(Generic[U]):
    """Situations by name. Each call of a method makes a new one; properties are made once.

    Args:
        users: where users come from.
        page: how many items full lists have.
    """

    def __init__(self, users: UserSource[U], *, page: int = 20) -> None:
        self._users = users
        self.page = page

    @cached_property
    def borrower(self) -> U:
        """A borrower who can repay every loan made here."""
        return self._users.user(Role.BORROWER, "900000.00")

    @cached_property
    def lender(self) -> U:
        """A lender who can fund every loan made here."""
        return self._users.user(Role.LENDER, "900000.00")

    @cached_property
    def operator(self) -> U:
        """An operator."""
        return self._users.user(Role.ADMIN)

    @cached_property
    def member(self) -> U:
        """A lender with an account."""
        return self._users.registered(Role.LENDER)

    # Accounts.

    def anonymous(self) -> Situation[U]:
        return Situation(None)

    def asset(self) -> Situation[U]:
        return Situation(None, {"name": re.findall(r"/static/([\w.-]+)", packaged_assets().page("app"))[0]})

    def new_name(self) -> Situation[U]:
        return Situation(None, {"username": f"ana{next(_NUMBERS)}", "password": PASSWORD})

    def credentials(self) -> Situation[U]:
        """Without a token, with a name and its password."""
        return Situation(None, {"username": self.member.actor.username, "password": PASSWORD})

    def session(self) -> Situation[U]:
        """Without a token, with a refresh token that has not been used."""
        credentials = {"username": self.member.actor.username, "password": PASSWORD}
        response = self.member.call("POST", "/api/users/login/", credentials)
        return Situation(None, {"refresh_token": response["refresh_token"]})

    def signed_in(self) -> Situation[U]:
        return Situation(self.member, {"password": PASSWORD})

    def new_member(self) -> Situation[U]:
        """Signed in as a new user each time: a password change revokes the token that requested it."""
        return Situation(self._users.registered(Role.LENDER), {"password": PASSWORD})

    # Wallets.

    def wallet(self) -> Situation[U]:
        return Situation(self.lender)

    def history(self) -> Situation[U]:
        """A wallet with two entries more than a list shows."""
        return Situation(self._saver)

    @cached_property
    def _saver(self) -> U:
        user = self._users.user(Role.LENDER, "1.00")
        for _ in range(self.page + 1):
            user.call("POST", "/api/wallets/deposit/", {"amount": "50.00"})
        return user

    # Notifications.

    def notified(self) -> Situation[U]:
        """A user with one unread notification."""
        user = self._users.registered(Role.LENDER)
        return Situation(user, {"notification_id": notify(get_container(), user.actor.user_id), "password": PASSWORD})

    def unsubscribing(self) -> Situation[U]:
        """Without a token of a session, with the link of an email."""
        user = self._users.user(Role.LENDER)
        return Situation(None, {"token": get_container().unsubscribe_tokens.make(user.actor.user_id, OPTIONAL_TYPE)})

    # Transfers.

    def transferred(self) -> Situation[U]:
        """A user with one transfer, which the provider `instant` has settled."""
        user = self._users.user(Role.LENDER)
        return Situation(user, {"id": user.call("POST", "/api/wallets/deposit/", {"amount": "5.00"})["transfer"]["id"]})

    def pending_deposit(self) -> Situation[U]:
        """A user with a deposit that waits for its money."""
        user = self._users.user(Role.LENDER)
        return Situation(user, {"id": pending_deposit(user.actor.user_id)})

    def requested_withdrawal(self) -> Situation[U]:
        """A user with a withdrawal that was not submitted."""
        user = self._users.user(Role.LENDER, "20.00")
        return Situation(user, {"id": requested_withdrawal(user.actor.user_id)})

    def settled_deposit(self) -> Situation[U]:
        """A user with a deposit that the provider has settled."""
        situation = self.pending_deposit()
        if situation.user:
            situation.user.call("POST", f"/api/sandbox/transfers/{situation.values['id']}/settle/")
        return situation

    def notification(self) -> Situation[U]:
        """The provider, with a signed notification about a pending deposit."""
        values = self.pending_deposit().values
        body = {"type": "transfer.settled", "data": {"transfer_id": values["id"]}}
        signer = get_container().notification_signer
        return Situation(None, values, signer.sign(values["id"], json.dumps(body).encode()))

    def transfers_of_others(self) -> Situation[U]:
        """An operator, and a transfer of a user."""
        return Situation(self.operator, self.pending_deposit().values)

    def refused_notification(self) -> Situation[U]:
        """An operator, and a notification that was refused."""
        body = notification_body(UNKNOWN_ID, TransferEvent(NotificationType.SETTLED), utc_now())
        container = get_container()
        event_id = f"event-{next(_NUMBERS)}"
        container.transfer_notifications.receive(container.notification_signer.sign(event_id, body), body)
        return Situation(self.operator)

    def suppressed_address(self) -> Situation[U]:
        """An operator, and an address that gets no email."""
        address, suppressions = f"ana{next(_NUMBERS)}@example.com", get_container().suppressions
        suppressions.suppress(address, self.member.actor.user_id, SuppressionReason.BOUNCE)
        return Situation(self.operator, {"id": suppressions.ids_of(address)[0]})

    def withdrawal_to_pay_out(self) -> Situation[U]:
        """An operator, and one requested withdrawal."""
        user = self._users.user(Role.LENDER, "20.00")
        return Situation(self.operator, {"id": requested_withdrawal(user.actor.user_id)})

    def payout(self) -> Situation[U]:
        """An operator, and a payout of one withdrawal."""
        operator = self.withdrawal_to_pay_out().user
        if operator is None:
            raise TypeError("an operator pays out")
        return Situation(operator, {"id": operator.call("POST", "/api/admin/bank/payouts/", {})["id"]})

    # Bank accounts.

    def new_user(self) -> Situation[U]:
        """A user without bank accounts."""
        return Situation(self._users.user(Role.LENDER))

    def bank_account(self) -> Situation[U]:
        """A user with one bank account."""
        user = self._users.user(Role.LENDER)
        return Situation(user, {"id": user.call("POST", "/api/bank-accounts/", BANK_ACCOUNT)["id"]})

    # Loans by state.

    def as_borrower(self) -> Situation[U]:
        return Situation(self.borrower)

    def open_market(self) -> Situation[U]:
        """A lender who finds a full list of open loans."""
        return Situation(self.lender, {"id": self._open_loans[0]})

    @cached_property
    def _open_loans(self) -> list[str]:
        borrower = self._users.user(Role.BORROWER)
        return [str(open_loan(borrower, months=INSTALMENTS)["id"]) for _ in range(self.page)]

    def requested(self) -> Situation[U]:
        """A lender and an open loan."""
        return Situation(self.lender, {"id": open_loan(self.borrower, months=INSTALMENTS)["id"]})

    def offered(self) -> Situation[U]:
        """A borrower with an offer for the whole loan."""
        loan = open_loan(self.borrower, months=INSTALMENTS)
        offer = make_offer(self.lender, loan["id"], "11.00")
        return Situation(self.borrower, {"id": loan["id"], "offer_id": offer["id"]})

    def own_offer(self) -> Situation[U]:
        """A lender with an offer that was not accepted."""
        return Situation(self.lender, self.offered().values)

    def single_offer(self) -> Situation[U]:
        """A lender with one offer, and no other loan."""
        borrower, lender = self._users.user(Role.BORROWER), self._users.user(Role.LENDER)
        loan = open_loan(borrower, months=INSTALMENTS)
        make_offer(lender, loan["id"], "11.00")
        return Situation(lender)

    def subscribed(self) -> Situation[U]:
        """A lender whose offer was accepted, and its loan."""
        return Situation(self.lender, {"id": subscribed_loan(self.borrower, self.lender, months=INSTALMENTS)["id"]})

    def cancellable(self) -> Situation[U]:
        """A borrower whose loan has no funds yet."""
        return Situation(self.borrower, self.subscribed().values)

    def funded(self) -> Situation[U]:
        """A borrower with a running loan."""
        return Situation(self.borrower, self._funded())

    def paid_by_autopay(self) -> Situation[U]:
        """A borrower with a running loan and an autopay mandate."""
        situation = self.funded()
        self.borrower.call("PUT", f"/api/loans/{situation.values['id']}/autopay/")
        return situation

    def last_instalment(self) -> Situation[U]:
        """A borrower who has one instalment left to pay."""
        situation = self.funded()
        for _ in range(INSTALMENTS - 1):
            pay(self.borrower, situation.values["id"])
        return situation

    def rescheduling(self) -> Situation[U]:
        """An operator and a running loan."""
        return Situation(self.operator, self._funded())

    def proposed(self) -> Situation[U]:
        """A borrower with a running loan, and the payment holiday that was proposed."""
        values = self._funded()
        terms = {"holiday_months": 1, "reason": "a flood", "ground": "distressed"}
        proposal = self.operator.call("POST", f"/api/admin/loans/{values['id']}/reschedule/", terms)["proposal"]
        return Situation(self.borrower, {**values, "proposal_id": proposal["id"]})

    def _funded(self) -> Mapping[str, str]:
        return {"id": funded_loan(self.borrower, self.lender, months=INSTALMENTS)["id"]}

    def with_instalments(self) -> Situation[U]:
        """The borrower of a loan with one instalment paid, who has requested others up to a full list."""
        return Situation(self._running[0], self._running[2])

    def investing(self) -> Situation[U]:
        """The lender of the same loan."""
        return Situation(self._running[1], self._running[2])

    @cached_property
    def _running(self) -> tuple[U, U, Mapping[str, str]]:
        borrower, lender = self._users.user(Role.BORROWER, "2000.00"), self._users.user(Role.LENDER, "2000.00")
        loan = subscribed_loan(borrower, lender, months=INSTALMENTS)
        fund(lender, loan["id"])
        pay(borrower, loan["id"])
        for _ in range(self.page - 1):
            open_loan(borrower, months=INSTALMENTS)
        return borrower, lender, {"id": loan["id"]}

    # Auto-invest.

    def new_investor(self) -> Situation[U]:
        """A lender without rules."""
        return Situation(self._users.user(Role.LENDER, "10.00"))

    def rule(self) -> Situation[U]:
        """A lender with one rule."""
        lender = self._users.user(Role.LENDER, "10.00")
        return Situation(lender, {"rule_id": lender.call("POST", "/api/loans/auto-invest/", RULE)["id"]})

    # Operators.

    def as_operator(self) -> Situation[U]:
        return Situation(self.operator)

    def accounts(self) -> Situation[U]:
        """An operator and the name of an account."""
        return Situation(self.operator, {"username": self.member.actor.username})

    def requested_loans(self) -> Situation[U]:
        """An operator and a full list of loans."""
        return Situation(self.operator, {"id": self._open_loans[0]})

    def postings(self) -> Situation[U]:
        """An operator and an account with two postings more than a list shows."""
        return Situation(self.operator, {"id": f"wallet:{self._saver.actor.user_id}"})

    def empty_account(self) -> Situation[U]:
        """An operator and an account without postings."""
        return Situation(self.operator, {"id": f"wallet:{self.member.actor.user_id}"})

    def frozen_account(self) -> Situation[U]:
        """An operator and a frozen account."""
        situation = self._new_account()
        self._act("freeze", situation)
        return situation

    def unfrozen_account(self) -> Situation[U]:
        """An operator and an account that is not frozen."""
        return self._new_account()

    def other_operator(self) -> Situation[U]:
        """An operator and the account of another."""
        return Situation(self.operator, {"id": self._users.registered(Role.ADMIN).actor.user_id})

    def audited(self) -> Situation[U]:
        """An operator who has frozen and unfrozen an account."""
        situation = self.frozen_account()
        self._act("unfreeze", situation)
        return situation

    def reported(self) -> Situation[U]:
        """An operator who finds a full list of runs and a report."""
        return Situation(self._reader, {"kind": "loan_status_summary_report"})

    def new_statement(self) -> Situation[U]:
        """An operator and the values of a bank statement that was not imported."""
        return Situation(self.operator, new_statement())

    def bank_statements(self) -> Situation[U]:
        """An operator and an imported bank statement."""
        return Situation(self.operator, self._bank_statement)

    def unmatched_line(self) -> Situation[U]:
        """An operator, a line of a bank statement that matches nothing, and a user who can receive it."""
        return Situation(self.operator, {"id": unmatched_line(self.operator), "user_id": self.member.actor.user_id})

    @cached_property
    def _bank_statement(self) -> Mapping[str, str]:
        imported = self.operator.call("POST", "/api/admin/bank/statements/", STATEMENT_FILE.format_map(new_statement()))
        return {"id": imported["id"]}

    def runnable_job(self) -> Situation[U]:
        return Situation(self.operator, {"name": "loan_status_summary_report"})

    @cached_property
    def _reader(self) -> U:
        for _ in range(self.page):
            self.operator.call("POST", "/api/admin/tasks/loan_status_summary_report/run/")
        return self.operator

    def _new_account(self) -> Situation[U]:
        return Situation(self.operator, {"id": self._users.registered(Role.LENDER).actor.user_id})

    def _act(self, action: str, situation: Situation[U]) -> Any:
        path = f"/api/admin/users/{situation.values['id']}/{action}/"
        return self.operator.call("POST", path, {"reason": "a question"})


def new_statement() -> dict[str, str]:
    """Values of the placeholders in ``STATEMENT_FILE``, different each time."""
    number = str(next(_NUMBERS))
    return {"number": number, "amount": "5.00"}


def unmatched_line(operator: ApiUser) -> str:
    """The id of a line of a new bank statement that matches nothing."""
    content = STATEMENT_FILE.format_map(new_statement())
    imported = operator.call("POST", "/api/admin/bank/statements/", content)
    [line] = operator.call("GET", f"/api/admin/bank/lines/?statement_id={imported['id']}")["items"]
    return str(line["id"])
