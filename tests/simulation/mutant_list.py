"""Mutants: plausible mistakes, each in one place of the code, with the tests that must detect them."""

from typing import Final

from tests.simulation.account_mutants import ACCOUNT_MUTANTS
from tests.simulation.arrears_mutants import ARREARS_MUTANTS
from tests.simulation.autopay_mutants import AUTOPAY_MUTANTS
from tests.simulation.mutant import Mutant
from tests.simulation.origination_mutants import ORIGINATION_MUTANTS
from tests.simulation.reminder_mutants import REMINDER_MUTANTS
from tests.simulation.rule_mutants import RULE_MUTANTS
from tests.simulation.transfer_mutants import TRANSFER_MUTANTS

_ORIGINATION: Final = "tests/simulation/test_faults_of_origination.py"
_SERVICING: Final = "tests/simulation/test_faults_of_servicing.py"
_JOBS: Final = "tests/simulation/test_faults_of_jobs.py"
_HISTORIES: Final = "tests/simulation/test_histories.py"
_ENVIRONMENT: Final = "tests/simulation/test_environment.py"
_CONCURRENCY: Final = "tests/integration/origination/test_concurrency.py"
_MATCHING: Final = "tests/integration/auto_invest/test_concurrent_matching.py"
_MANY_LENDERS: Final = "tests/integration/servicing/test_many_lenders.py"
_SECURITY_EVENTS: Final = "tests/api/admin/test_security_events.py"
_THROTTLE: Final = "tests/integration/users/test_login_throttle.py"
_ACCOUNT: Final = "tests/unit/loans/test_loan_account.py tests/unit/servicing"


_DATABASE: Final = (
    Mutant(
        "an idempotency record is written before its transaction",
        "dynamodb/idempotency",
        "        writes.put(\n"
        "            record,\n"
        "            when=_UNUSED(now=now),\n"
        "            on_condition_failed=lambda old: _used_before(idempotency_key, old),\n"
        "            precedence=IDEMPOTENCY_PRECEDENCE,\n"
        "        )\n",
        "        self._database.put(\n"
        "            record,\n"
        "            when=_UNUSED(now=now),\n"
        "            on_condition_failed=lambda old: _used_before(idempotency_key, old),\n"
        "        )\n",
        f"{_ORIGINATION} -k deposit",
    ),
    Mutant(
        "an idempotency record has no condition",
        "dynamodb/idempotency",
        "when=_UNUSED(now=now),",
        "when=None,",
        f"{_ORIGINATION} -k deposit",
    ),
    Mutant(
        "idempotency relies on the SDK's token alone",
        "dynamodb/idempotency",
        "        if idempotency_key is None:\n            return\n",
        "        if idempotency_key is None or idempotency_key.key:\n            return\n",
        f"{_ORIGINATION} -k deposit",
    ),
    Mutant(
        "an error does not cause a lookup of the idempotency record",
        "dynamodb/idempotency",
        "result = self.find(idempotency_key)",
        "result = None",
        f"{_ORIGINATION} -k fund",
    ),
    Mutant(
        "idempotency records expire after a minute",
        "dynamodb/idempotency",
        "timedelta(days=30)",
        "timedelta(minutes=1)",
        "tests/api/loans tests/api/wallets -k 'key or idempot'",
    ),
    Mutant(
        "the payloads of two requests with one key are not compared",
        "dynamodb/idempotency",
        "    if record.fingerprint != idempotency_key.fingerprint:\n        return IdempotencyKeyReused()\n",
        "",
        "tests/api/loans tests/api/wallets -k 'key or idempot'",
    ),
    Mutant(
        "every attempt of a transaction has a new token",
        "dynamodb/transaction",
        '"ClientRequestToken": token',
        '"ClientRequestToken": str(uuid4())',
        "tests/simulation/test_faults_without_key.py",
    ),
    Mutant(
        "a transaction conflict counts as success",
        "dynamodb/transaction",
        'reasons = response.get("CancellationReasons", ())\n',
        'reasons = response.get("CancellationReasons", ())\n'
        '                if reasons and all(each["Code"] != _CONDITION_FAILED for each in reasons):\n'
        "                    return\n",
        f"{_ORIGINATION} -k deposit",
    ),
    Mutant(
        "transaction conflicts are not retried",
        "dynamodb/transaction",
        '{"TransactionConflict", "ThrottlingError"',
        '{"ThrottlingError"',
        _HISTORIES,
    ),
    Mutant(
        "an error on an eventually consistent read is final",
        "dynamodb/retry",
        "except (AppError, OptimisticLockError):",
        "except OptimisticLockError:",
        _ENVIRONMENT,
    ),
    Mutant(
        "a lost race is not retried",
        "dynamodb/retry",
        "if time.monotonic() + delay > give_up_at:",
        "if True:",
        f"{_CONCURRENCY} {_MATCHING}",
    ),
    Mutant(
        "the SDK retries a counter",
        "dynamodb/database",
        "return False if _SINGLE_ATTEMPT.get() else None",
        "return None",
        _ENVIRONMENT,
    ),
    Mutant(
        "unprocessed keys of a batched read are lost",
        "dynamodb/database",
        "            if not wanted:\n                break",
        "            if wanted is not None:\n                break",
        "tests/simulation/test_faults_of_reads.py -k my-loans",
    ),
    Mutant(
        "a page that ended early counts as the whole list",
        "dynamodb/database",
        'if after is None or limit is None or response["ScannedCount"] >= limit:',
        "if True:",
        "tests/simulation/test_short_pages.py",
    ),
    Mutant(
        "a new item replaces an existing one",
        "dynamodb/model",
        "PreparedCondition(hash_key(model).does_not_exist())",
        "PreparedCondition(hash_key(model).exists() | hash_key(model).does_not_exist())",
        f"{_HISTORIES} tests/api/users {_CONCURRENCY}",
    ),
    Mutant(
        "a closed connection is used again",
        "dynamodb/fast_path/http_pool",
        "if not connection.incoming.poll(0):",
        "if connection.is_open:",
        "tests/integration/dynamodb/test_http_pool.py",
    ),
    Mutant(
        "a corrupted response is accepted",
        "dynamodb/checksum",
        "checksum is not None and checksum != str(zlib.crc32(http.content))",
        'checksum == "0" and bool(http.content)',
        "tests/integration/dynamodb/test_fast_path_client.py tests/integration/dynamodb/test_checksum.py",
    ),
    Mutant(
        "a corrupted response is accepted after the last attempt of botocore",
        "dynamodb/database",
        'register_first("after-call.dynamodb", reject_corrupted)',
        "register_first",
        "tests/integration/dynamodb/test_checksum.py",
    ),
    Mutant(
        "a currency without two decimals is accepted",
        "shared/currency",
        "if code in TWO_DECIMALS:",
        "if code in TWO_DECIMALS or code in OTHER_DECIMALS:",
        "tests/unit/shared/test_currency.py",
    ),
    Mutant(
        "pages of every origin can read responses",
        "api/cors",
        "headers_for(origin) if origin else {}",
        'headers_for(origin or "*")',
        "tests/api/contract/test_cors.py",
    ),
)
_CACHE_AND_JOBS: Final = (
    Mutant(
        "a transaction does not invalidate the cache",
        "cache/invalidation",
        "for rule, item in known if rule.namespaces for",
        "for rule, item in () if rule.namespaces for",
        "tests/api/cache",
    ),
    Mutant(
        "the stream does not invalidate the cache",
        "cache/invalidation",
        "if not self._cache.is_on:",
        "if self._cache.is_on:",
        "tests/simulation/test_cache_coherence.py tests/api/cache",
    ),
    Mutant(
        "messages that the queue rejects are lost",
        "jobs/queue",
        '.get("Failed"):',
        '.get("Failed") is None:',
        f"{_JOBS} -k stream",
    ),
    Mutant(
        "the stream sends no stored job",
        "jobs/outbox",
        'if record["eventName"] != "INSERT" or',
        'if record["eventName"] or',
        _ENVIRONMENT,
    ),
)
_MONEY: Final = (
    Mutant(
        "cents are rounded as floats",
        "shared/money",
        "round_half_even(self.cents * Fraction(factor))",
        "int(self.cents * float(factor) + 0.5)",
        "tests/unit/lending_math tests/unit/loans tests/unit/servicing tests/architecture/test_exact_money.py",
    ),
    Mutant(
        "remaining cents are not distributed",
        "lending_math/distribution",
        "        totals[lender] += 1\n",
        "        totals[lender] += 0\n",
        "tests/unit/lending_math/test_distribution.py",
    ),
    Mutant(
        "a withdrawal does not check the balance",
        "wallets/repository",
        '("available", -increase)',
        '("available", 0)',
        _HISTORIES,
    ),
    Mutant(
        "a frozen wallet can pay",
        "wallets/repository",
        "requires_active=spends or change.must_be_active",
        "requires_active=False",
        "tests/integration/admin/test_account_freezes.py",
    ),
    Mutant(
        "a reservation does not reduce the available balance",
        "wallets/service",
        "available=totals.get(user_id, ZERO) - part",
        "available=totals.get(user_id, ZERO)",
        f"{_JOBS} -k match",
    ),
    Mutant(
        "a withdrawal credits the wallet",
        "wallets/service",
        "self._move(actor, -amount, EntryType.WITHDRAWAL",
        "self._move(actor, amount, EntryType.WITHDRAWAL",
        _HISTORIES,
    ),
)
_LOANS: Final = (
    Mutant(
        "a loan is written without a check of its version",
        "loans/repository/loans",
        "when=version_unchanged(LoanItem, loan.version)",
        "when=PreparedCondition(LoanItem.pk.exists())()",
        _HISTORIES,
    ),
    Mutant(
        "an offer is made on a closed loan",
        "loans/repository/loans",
        "when=_OPEN()",
        "when=PreparedCondition(LoanItem.pk.exists())()",
        _ENVIRONMENT,
    ),
    Mutant(
        "an offer is funded without a check of its state",
        "loans/repository/loans",
        "PreparedCondition(same & funded & reserved)",
        "PreparedCondition(same | (same & funded & reserved))",
        "tests/simulation/test_environment.py",
    ),
    Mutant(
        "a borrower may manage another borrower's loan",
        "loans/domain/visibility",
        "    if actor.user_id == loan.borrower_id:",
        "    if actor.user_id:",
        "tests/security/test_authorization_matrix.py",
    ),
    Mutant(
        "a partly paid instalment cannot be paid",
        "loans/domain/loan_account",
        "(each for each in self.instalments if each.unpaid_cents)",
        "(each for each in self.instalments if each.unpaid_cents and not each.paid_amount)",
        _ACCOUNT,
    ),
    Mutant(
        "the next action ignores days before the default",
        "loans/domain/loan_account",
        "days += [default, *self._days_of_arrears(today)]",
        "days += [default]",
        _ACCOUNT,
    ),
    Mutant(
        "a job misses loans that were due on an earlier day",
        "loans/repository/next_actions",
        "else LoanItem.next_action < upto",
        "else LoanItem.next_action.startswith(today.isoformat())",
        f"tests/integration/servicing/test_lifecycle.py tests/integration/reporting {_ENVIRONMENT}",
    ),
    Mutant(
        "a withdrawal of an offer has no idempotency record",
        "origination/service/offers",
        '            self._idempotency.add(writes, idempotency_key, {"offer": offer.id})\n',
        "",
        "tests/api/loans -k 'key or idempot or replay'",
    ),
    Mutant(
        "the platform fee stays in escrow",
        "origination/service/funding",
        "            lines += transfer(escrow, PLATFORM_FEES, loan.fee, EntryType.PLATFORM_FEE)\n",
        "",
        f"{_ORIGINATION} -k fund",
    ),
    Mutant(
        "a refund excludes the fee share",
        "origination/domain/unwind",
        "refund = offer.amount_due if",
        "refund = offer.accepted_amount if",
        f"{_JOBS} -k refund",
    ),
    Mutant(
        "a refunded offer counts as funded",
        "origination/domain/unwind",
        "replace(offer, funded_at=None, reserved=ZERO)",
        "replace(offer, reserved=ZERO)",
        f"{_JOBS} -k refund",
    ),
    Mutant(
        "a payment to many lenders stores no job",
        "servicing/service/payments",
        "self._outbox.add_outbox(writes, BackgroundJob(DISTRIBUTION, loan.id, payment.id), payment.paid_at)\n",
        "pass\n",
        f"{_SERVICING} -k 22",
    ),
    Mutant(
        "a batch credits the lenders of earlier batches again",
        "servicing/service/payments",
        "current.credits[current.done : then]",
        "current.credits[0:then]",
        _MANY_LENDERS,
    ),
    Mutant(
        "a distribution ends before its last batch",
        "servicing/service/payments",
        "if current.chunk == chunks[-1].chunk and then == len(current.credits):",
        "if current.chunk == chunks[-1].chunk:",
        _MANY_LENDERS,
    ),
    Mutant(
        "an auto-invest rule exceeds its limit",
        "auto_invest/repository/rules",
        '(RuleItem.committed <= placeholder("most_committed"))',
        '(RuleItem.pk.exists() | (RuleItem.committed <= placeholder("most_committed")))',
        _MATCHING,
    ),
    Mutant(
        "a release increases the reservation",
        "auto_invest/service/reservations",
        "{lender_id: -released}",
        "{lender_id: released}",
        f"{_SERVICING} -k rule",
    ),
)
_AUDIT: Final = (
    Mutant(
        "a refused money request leaves no audit entry",
        "api/routing",
        "if endpoint.idempotent and caller and isinstance(error, RECORDED_REFUSALS):",
        "if endpoint.idempotent and not caller and isinstance(error, RECORDED_REFUSALS):",
        f"{_SECURITY_EVENTS} -k refused",
    ),
    Mutant(
        "an operator's view of a cached response leaves no audit entry",
        "api/routing",
        'if caller and (endpoint.method == "GET" or',
        'if caller and (endpoint.method == "GET" and endpoint.cached is None or',
        f"{_SECURITY_EVENTS} -k views",
    ),
    Mutant(
        "the history counts a lender's interest as principal",
        "loans/domain/funded_loan",
        "new.received_interest - old.received_interest",
        "new.received_interest - new.received_interest",
        "tests/api/loans/test_payment_history.py",
    ),
)
_RESCHEDULES: Final = (
    Mutant(
        "a reschedule loses the interest earned so far",
        "servicing/domain/rescheduling",
        "    return replace(current, interest=interest, earned=earned, earned_on=since)",
        "    return replace(current, interest=interest)",
        "tests/unit/servicing/test_rescheduling_properties.py",
    ),
    Mutant(
        "a payment holiday earns nothing until its last day",
        "servicing/domain/rescheduling",
        "        period=(postponed.due_date - since).days / months_left,",
        "        period=None,",
        "tests/unit/servicing/test_rescheduling.py",
    ),
    Mutant(
        "a reschedule that raises the cost needs no consent",
        "admin/service/rescheduling",
        "            if plan.raises_cost:",
        "            if plan.raises_cost and terms.remaining_terms:",
        "tests/api/admin/test_rescheduling.py",
    ),
    Mutant(
        "a proposal is accepted at any price",
        "loans/domain/reschedule_proposal",
        "        if total_interest > self.after.total_interest:",
        "        if total_interest > self.after.total_interest + total_interest:",
        "tests/api/admin/test_rescheduling.py",
    ),
    Mutant(
        "a proposal can be accepted twice",
        "servicing/service/rescheduling",
        "            proposal_id=None,\n            rescheduled_on",
        "            rescheduled_on",
        "tests/api/admin/test_rescheduling.py",
    ),
)
_LOGIN: Final = (
    Mutant(
        "failed sign-ins are counted by account",
        "users/service/sessions",
        "self._login_throttle.admit_login(name, address)",
        "self._login_throttle.admit_login(user_id or name, address)",
        f"{_THROTTLE} -k username",
    ),
    Mutant(
        "failed sign-ins are counted without the network",
        "users/service/login_throttle",
        'subject = self._hasher.of(f"{name}\\n{network}")',
        "subject = self._hasher.of(name)",
        f"{_THROTTLE} -k elsewhere",
    ),
    Mutant(
        "a network is known for ever",
        "users/domain/known_network",
        "return any(network.digest == digest and network.until > now for network in networks)",
        "return any(network.digest == digest for network in networks)",
        f"{_THROTTLE} -k thirty",
    ),
    Mutant(
        "a pause admits all later requests",
        "api/rate_limiting/sliding_window",
        "next_pause = _PAUSE(until=now + rule.next_seconds * 1000, expiry=expiry)",
        "next_pause = _PAUSE(until=now, expiry=expiry)",
        "tests/integration/api/test_backoff.py -k pause",
    ),
    Mutant(
        "requests without a valid token are not counted",
        "api/routing",
        "if isinstance(error, Unauthenticated) and endpoint.rate_limit is not RateLimitPolicy.AUTH:",
        "if isinstance(error, Unauthenticated) and endpoint.rate_limit is RateLimitPolicy.AUTH:",
        "tests/security/test_shared_addresses.py -k without_valid_token",
    ),
)
MUTANTS: Final = (
    *_RESCHEDULES,
    *_DATABASE,
    *_CACHE_AND_JOBS,
    *_MONEY,
    *_LOANS,
    *_AUDIT,
    *_LOGIN,
    *ACCOUNT_MUTANTS,
    *ARREARS_MUTANTS,
    *AUTOPAY_MUTANTS,
    *REMINDER_MUTANTS,
    *RULE_MUTANTS,
    *ORIGINATION_MUTANTS,
    *TRANSFER_MUTANTS,
)
