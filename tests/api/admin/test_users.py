"""Operators find, freeze and unfreeze users."""

from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from tests.engines import Storage
from tests.factories import User, UserFactory, funded_loan, ok
from tests.stored_state import assert_ledger_balances

REASON = {"reason": "Card was stolen"}


def freeze(operator: User, person: User, key: str | None = None) -> None:
    ok(operator.http.post(f"/api/admin/users/{person.id}/freeze/", REASON, key=key))


def test_users_are_found_by_the_start_of_a_name_or_by_email(user_factory: UserFactory, operator: User) -> None:
    john, joan = user_factory.registered(Role.BORROWER), user_factory.registered(Role.LENDER)
    found = ok(operator.http.get(f"/api/admin/users/?q={john.actor.username.upper()}")).json
    assert [user["id"] for user in found["items"]] == [john.id]
    assert found["next_cursor"] is None

    found = ok(operator.http.get(f"/api/admin/users/?q={joan.actor.username}%40example.com")).json
    assert [user["email"] for user in found["items"]] == [f"{joan.actor.username}@example.com"]
    assert ok(operator.http.get(f"/api/admin/users/?q={joan.actor.username}%40example")).json["items"] == []
    ok(john.http.patch("/api/users/profile/", {"first_name": "Łukasz", "last_name": "de la Cruz"}))
    for text in ("%C5%81UK", "de%20la"):
        found = ok(operator.http.get(f"/api/admin/users/?q={text}")).json
        assert [user["id"] for user in found["items"]] == [john.id]


def test_users_are_listed_newest_first(user_factory: UserFactory, operator: User, clock: FixedClock) -> None:
    people = []
    for _ in range(3):
        clock.advance(seconds=1)
        people.append(user_factory.registered(Role.BORROWER))

    first = ok(operator.http.get("/api/admin/users/?limit=2")).json
    second = ok(operator.http.get(f"/api/admin/users/?limit=2&cursor={first['next_cursor']}")).json

    ids = [user["id"] for user in first["items"] + second["items"]]
    assert ids == [person.id for person in reversed(people)] + [operator.id]


def test_cursor_of_another_search_is_rejected(user_factory: UserFactory, operator: User) -> None:
    user_factory.registered(Role.BORROWER)
    cursor = ok(operator.http.get("/api/admin/users/?limit=1")).json["next_cursor"]

    response = operator.http.get(f"/api/admin/users/?limit=1&q=b&cursor={cursor}")

    assert response.status == 422
    assert response.json["errors"][0]["field"] == "cursor"


def test_frozen_user_can_deposit_but_not_withdraw(user_factory: UserFactory, operator: User) -> None:
    john = user_factory.registered(Role.BORROWER, "100.00")

    frozen = ok(operator.http.post(f"/api/admin/users/{john.id}/freeze/", REASON)).json

    assert (frozen["id"], frozen["status"]) == (john.id, "FROZEN")
    assert ok(john.http.get("/api/users/profile/")).json["status"] == "FROZEN"
    rejected = john.http.post("/api/wallets/withdraw/", {"amount": "1.00"})
    assert (rejected.status, rejected.code) == (409, "account_frozen")
    ok(john.http.post("/api/wallets/deposit/", {"amount": "1.00"}))
    assert john.balance() == "101.00"


def test_frozen_borrower_repays_own_loan_to_frozen_lender(
    user_factory: UserFactory, operator: User, storage: Storage
) -> None:
    lender, borrower = (
        user_factory.registered(Role.LENDER, "10000.00"),
        user_factory.registered(Role.BORROWER, "2000.00"),
    )
    loan = funded_loan(borrower, lender, amount="1000.00", rate="12.00", months=6)
    freeze(operator, borrower)
    freeze(operator, lender)

    ok(borrower.http.post(f"/api/loans/{loan['id']}/pay/"))

    rejected = borrower.http.post("/api/wallets/withdraw/", {"amount": "1.00"})
    assert (rejected.status, rejected.code) == (409, "account_frozen")
    assert lender.balance() == "9168.80"
    assert_ledger_balances(storage)


def test_unfrozen_user_can_withdraw(user_factory: UserFactory, operator: User) -> None:
    john = user_factory.registered(Role.BORROWER, "100.00")
    freeze(operator, john)

    response = ok(operator.http.post(f"/api/admin/users/{john.id}/unfreeze/", {"reason": "Card was found"}))

    assert response.json["status"] == "ACTIVE"
    ok(john.http.post("/api/wallets/withdraw/", {"amount": "100.00"}))


def test_frozen_user_cannot_be_frozen_again(user_factory: UserFactory, operator: User) -> None:
    john = user_factory.registered(Role.BORROWER)

    freeze(operator, john)

    rejected = operator.http.post(f"/api/admin/users/{john.id}/freeze/", REASON)
    assert (rejected.status, rejected.code) == (409, "already_frozen")


def test_operator_accounts_cannot_be_frozen(operator: User) -> None:
    rejected = operator.http.post(f"/api/admin/users/{operator.id}/freeze/", REASON)

    assert (rejected.status, rejected.code) == (403, "operator_not_freezable")


def test_unknown_users_cannot_be_frozen(operator: User) -> None:
    for user_id in ("unknown", "01KF0E7G00ZZZZZZZZZZZZZZZZ"):
        assert operator.http.post(f"/api/admin/users/{user_id}/freeze/", REASON).status == 404


def test_freeze_requires_a_valid_reason(user_factory: UserFactory, operator: User) -> None:
    path = f"/api/admin/users/{user_factory.registered(Role.BORROWER).id}/freeze/"

    for body in ({}, {"reason": ""}, {"reason": "   "}, {"reason": "x" * 256}, {"reason": 1}, {"reason": None}):
        response = operator.http.post(path, body)
        assert (response.status, [error["field"] for error in response.json["errors"]]) == (422, ["reason"]), body
    ok(operator.http.post(path, {"reason": " " + "x" * 255 + " "}))


def test_audit_entries_are_listed_newest_first(user_factory: UserFactory, operator: User, clock: FixedClock) -> None:
    john = user_factory.registered(Role.BORROWER)
    sent = operator.http.post(f"/api/admin/users/{john.id}/freeze/", REASON)
    clock.advance(seconds=1)
    ok(operator.http.post(f"/api/admin/users/{john.id}/unfreeze/"))

    first = ok(operator.http.get("/api/admin/audit/?limit=1")).json
    second = ok(operator.http.get(f"/api/admin/audit/?limit=1&cursor={first['next_cursor']}")).json

    assert [entry["action"] for entry in first["items"] + second["items"]] == ["UNFREEZE_USER", "FREEZE_USER"]
    frozen = second["items"][0]
    assert frozen == {
        "id": frozen["id"],
        "actor_id": operator.id,
        "actor_username": "boss",
        "action": "FREEZE_USER",
        "subject": f"user:{john.id}",
        "details": {"reason": "Card was stolen"},
        "request_id": sent.headers["x-request-id"],
        "created_at": "2026-01-15T09:30:00.000Z",
    }
    assert second["next_cursor"] is None


def test_audit_log_is_read_only(operator: User) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert operator.http.send(method, "/api/admin/audit/", {}).status == 405
