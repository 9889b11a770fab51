"""Mutants of the database layer, the cache and the jobs."""

from typing import Final

from tests.simulation.mutant import Mutant

_ORIGINATION: Final = "tests/simulation/test_faults_of_origination.py"
_JOBS: Final = "tests/simulation/test_faults_of_jobs.py"
_HISTORIES: Final = "tests/simulation/test_histories.py"
_ENVIRONMENT: Final = "tests/simulation/test_environment.py"
_CONCURRENCY: Final = "tests/integration/origination/test_concurrency.py"
_MATCHING: Final = "tests/integration/auto_invest/test_concurrent_matching.py"

DATABASE: Final = (
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
        "result = self._find(idempotency_key)",
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
)
CACHE_AND_JOBS: Final = (
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
