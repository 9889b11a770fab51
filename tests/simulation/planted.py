"""Bugs to plant: what somebody might write by mistake, each in one place, and the tests that ought to notice."""

from __future__ import annotations

from typing import Final

from tests.simulation.bugs import bug

FRESH: Final = "tests/simulation/test_fresh_answers.py"
LENDING: Final = "tests/simulation/test_faults_of_lending.py"
SERVICING: Final = "tests/simulation/test_faults_of_servicing.py"
JOBS: Final = "tests/simulation/test_faults_of_jobs.py"
HISTORIES: Final = "tests/simulation/test_histories.py"
WORLD: Final = "tests/simulation/test_world.py"
_DOMAIN: Final = "tests/unit/loans/domain"

BUGS: Final = (
    bug(
        "a withdrawal does not look at the balance",
        "wallets/repository",
        "takes_available=change.available < ZERO",
        "takes_available=False",
        HISTORIES,
    ),
    bug(
        "a frozen wallet pays out",
        "wallets/repository",
        "takes_money=change.takes_money",
        "takes_money=False",
        "tests/integration/admin/test_freezing.py",
    ),
    bug(
        "the marker is put before its transaction",
        "common/idempotency",
        'writes.put_if(marker, _UNUSED, {"now": now}, refuse=lambda old: _seen_before(once, old), rank=_FIRST_RANK)',
        "marker.save(_Marker.pk.does_not_exist() | (_Marker.expires_at < now))",
        f"{LENDING} -k deposit",
    ),
    bug(
        "the marker is put under no condition",
        "common/idempotency",
        "writes.put_if(marker, _UNUSED,",
        "writes.put_if(marker, Phrase((), None),",
        f"{LENDING} -k deposit",
    ),
    bug(
        "nothing but the SDK's token guards a request",
        "common/idempotency",
        "        if once is None:\n            return\n        now",
        "        if once is None or once.key:\n            return\n        now",
        f"{LENDING} -k deposit",
    ),
    bug(
        "what a batched read leaves over is forgotten",
        "common/dynamo",
        "            if not wanted:\n                break",
        "            if wanted is not None:\n                break",
        "tests/simulation/test_faults_of_looking.py -k my-loans",
    ),
    bug(
        "what the queue does not take is forgotten",
        "common/work",
        'if answer.get("Failed"):',
        'if answer.get("Failed") is None:',
        f"{JOBS} -k stream",
    ),
    bug(
        "a refusal is not looked at twice",
        "common/idempotency",
        "            result = self._find(once)\n            if result is None:",
        "            result = None\n            if result is None:",
        f"{LENDING} -k fund",
    ),
    bug(
        "markers end after a minute",
        "common/idempotency",
        "timedelta(days=30)",
        "timedelta(minutes=1)",
        "tests/api/loans/test_idempotency.py tests/api/wallets",
    ),
    bug(
        "another key's payload is not compared",
        "common/idempotency",
        "    if marker.fingerprint != once.fingerprint:\n        return IdempotencyKeyReused()\n",
        "",
        "tests/api/loans/test_idempotency.py tests/api/wallets",
    ),
    bug(
        "a new token for every attempt",
        "common/transactions",
        "self._attempt(token)",
        "self._attempt(str(uuid4()))",
        "tests/simulation/test_faults_without_key.py",
    ),
    bug(
        "a conflict is taken for success",
        "common/transactions",
        "                return list(error.cancellation_reasons)",
        "                reasons = list(error.cancellation_reasons)\n"
        "                return reasons if any(each and each.code == _CONDITION_FAILED for each in reasons) else None",
        f"{LENDING} -k deposit",
    ),
    bug(
        "conflicts are not repeated",
        "common/transactions",
        '{"TransactionConflict", "ThrottlingError"',
        '{"ThrottlingError"',
        HISTORIES,
    ),
    bug(
        "a cheap read has the last word",
        "common/dynamo",
        "    except (Refusal, Stale):\n        return retrying(lambda: attempt(True))",
        "    except Stale:\n        return retrying(lambda: attempt(True))",
        WORLD,
    ),
    bug(
        "a lost race is not run again",
        "common/dynamo",
        "        except Stale as stale:\n            if time.monotonic() + pause > give_up_at:",
        "        except Stale as stale:\n            if True or time.monotonic() + pause > give_up_at:",
        "tests/integration/loans/test_races.py tests/integration/loans/test_auto_invest_at_once.py",
    ),
    bug(
        "the SDK repeats a count",
        "common/strict_limits",
        "return False if _ONE_ATTEMPT.get() else None",
        "return None",
        WORLD,
    ),
    bug(
        "a loan is written over what others wrote",
        "loans/repository/loans",
        "writes.put_next(loan_item(loan, self._shards), was=loan.version)",
        "writes.put(loan_item(loan, self._shards), LoanItem.pk.exists())",
        HISTORIES,
    ),
    bug(
        "an offer is made on a loan that is closed",
        "loans/repository/loans",
        "        open_loan = (LoanItem.status == LoanStatus.REQUESTED.value) & LoanItem.refunding.does_not_exist()\n"
        "        writes.check(",
        "        open_loan = LoanItem.pk.exists()\n        writes.check(",
        WORLD,
    ),
    bug(
        "a rule places beyond its bound",
        "loans/repository/rules",
        "unchanged & (RuleItem.committed <= bound.cents)",
        "unchanged",
        "tests/integration/loans/test_auto_invest_at_once.py",
    ),
    bug(
        "a released hold is held once more",
        "loans/service/holding",
        "{lender_id: -freed}",
        "{lender_id: freed}",
        f"{SERVICING} -k rule",
    ),
    bug(
        "holds come on top of the balance",
        "wallets/service",
        "totals.get(user, ZERO) - holds.get(user, ZERO)",
        "totals.get(user, ZERO)",
        f"{JOBS} -k match",
    ),
    bug(
        "a withdrawal is a deposit",
        "wallets/service",
        "self._exchange(actor, -amount, EntryType.WITHDRAWAL",
        "self._exchange(actor, amount, EntryType.WITHDRAWAL",
        HISTORIES,
    ),
    bug(
        "a distribution leaves no work behind",
        "loans/service/repaying",
        "            self._work.stage_outbox(writes, Work(DISTRIBUTION, loan_id, payment.id), payment.paid_at)\n",
        "",
        f"{SERVICING} -k investors",
    ),
    bug(
        "the stream's records of new work are lost",
        "loans/service/triggers",
        'if record["eventName"] == _INSERT else None',
        'if record["eventName"] == _REMOVE else None',
        WORLD,
    ),
    bug(
        "a batch credits those before it again",
        "loans/service/distributing",
        "current.credits[current.done : then]",
        "current.credits[0:then]",
        "tests/integration/loans/test_many_lenders.py",
    ),
    bug(
        "the last batch ends the work of all",
        "loans/service/distributing",
        "        if current.chunk == chunks[-1].chunk and then == len(current.credits):\n",
        "        if current.chunk == chunks[-1].chunk:\n",
        "tests/integration/loans/test_many_lenders.py",
    ),
    bug(
        "the fee stays in escrow",
        "loans/service/paying_in",
        "        lines += transfer(escrow, PLATFORM_FEES, loan.fee, EntryType.PLATFORM_FEE)\n",
        "",
        f"{LENDING} -k fund",
    ),
    bug(
        "a refund forgets the share of the fee",
        "loans/domain/winding_back",
        "refund = offer.due_at_funding if",
        "refund = offer.accepted_amount if",
        f"{JOBS} -k refund",
    ),
    bug(
        "a refunded offer counts as paid in",
        "loans/domain/winding_back",
        "replace(offer, funded_at=None, held=ZERO), refund",
        "replace(offer, held=ZERO), refund",
        f"{JOBS} -k refund",
    ),
    bug(
        "only rows of which nothing is paid can be paid",
        "loans/domain/account",
        "if not row.is_paid), None)\n\n    @property\n    def next_due_date",
        "if row.unpaid and not row.paid_amount), None)\n\n    @property\n    def next_due_date",
        f"{_DOMAIN}/test_account.py {_DOMAIN}/test_payment.py {_DOMAIN}/test_payment_properties.py",
    ),
    bug(
        "cents are rounded as floats",
        "common/money",
        "round_half_even(self.cents * Fraction(factor))",
        "int(self.cents * float(factor) + 0.5)",
        "tests/unit tests/architecture/test_money_is_exact.py",
    ),
    bug(
        "cents that are left over are not paid out",
        "loans/domain/distribution",
        "        totals[lender] += 1\n",
        "        totals[lender] += 0\n",
        f"{_DOMAIN}/test_distribution.py",
    ),
    bug(
        "whoever knows a loan may act as its borrower",
        "loans/domain/view",
        "    if actor.user_id == loan.borrower_id:\n        return loan\n    if loan.status",
        "    if actor.user_id:\n        return loan\n    if loan.status",
        "tests/api/loans/test_who_may.py",
    ),
    bug(
        "the clock acts on the day itself and never later",
        "loans/repository/agenda",
        "else LoanItem.next_action < upto",
        "else LoanItem.next_action.startswith(today.isoformat())",
        "tests/integration/loans/test_sweeping.py tests/integration/reports tests/simulation/test_world.py",
    ),
    bug(
        "a change leaves the cache as it was",
        "common/invalidation",
        "            self._cache.invalidate(name for meaning, item in known for name in meaning.namespaces(item))\n",
        "",
        "tests/api/cache",
    ),
    bug(
        "the stream tells the cache of nothing",
        "common/invalidation",
        "        if not self._cache.is_on:\n            return\n",
        "        if self._cache.is_on:\n            return\n",
        f"{FRESH} tests/api/cache",
    ),
    bug(
        "a page that was cut short is taken for the list",
        "common/dynamo",
        "if limit is None or pages.total_scanned_count >= limit:",
        "if True:",
        "tests/simulation/test_short_pages.py",
    ),
    bug(
        "a connection that ended is used again",
        "common/connections",
        "if connection.is_quiet()",
        "if connection.is_open",
        "tests/integration/common/test_connections.py",
    ),
    bug(
        "an answer that was garbled on its way is believed",
        "common/quick_calls",
        "checksum is None or int(checksum) == zlib.crc32(http.content)",
        "checksum is None or bool(int(checksum))",
        "tests/integration/common/test_quick_calls.py",
    ),
    bug(
        "a withdrawal of an offer forgets its key",
        "loans/service/offering",
        '        self._markers.stage(writes, once, {"offer": offer.id})\n        if offer.held:\n',
        "        if offer.held:\n",
        "tests/api/loans/test_idempotency.py",
    ),
)
