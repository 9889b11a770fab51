"""Bugs to plant below the wings: in what carries every request, transaction, answer and event."""

from __future__ import annotations

from typing import Final

from tests.simulation.mutant import CACHE_COHERENCE, ENVIRONMENT, HISTORIES, JOBS, LENDING, mutant

PLATFORM_MUTANTS: Final = (
    mutant(
        "the marker is put before its transaction",
        "common/idempotency",
        'writes.put_if(marker, _UNUSED, {"now": now}, refuse=lambda old: _seen_before(once, old), rank=_FIRST_RANK)',
        "marker.save(_Marker.pk.does_not_exist() | (_Marker.expires_at < now))",
        f"{LENDING} -k deposit",
    ),
    mutant(
        "the marker is put under no condition",
        "common/idempotency",
        "writes.put_if(marker, _UNUSED,",
        "writes.put_if(marker, Phrase((), None),",
        f"{LENDING} -k deposit",
    ),
    mutant(
        "nothing but the SDK's token guards a request",
        "common/idempotency",
        "        if once is None:\n            return\n        now",
        "        if once is None or once.key:\n            return\n        now",
        f"{LENDING} -k deposit",
    ),
    mutant(
        "what a batched read leaves over is forgotten",
        "common/dynamo",
        "            if not wanted:\n                break",
        "            if wanted is not None:\n                break",
        "tests/simulation/test_faults_of_reads.py -k my-loans",
    ),
    mutant(
        "what the queue does not take is forgotten",
        "common/work",
        'if answer.get("Failed"):',
        'if answer.get("Failed") is None:',
        f"{JOBS} -k stream",
    ),
    mutant(
        "a refusal is not looked at twice",
        "common/idempotency",
        "            result = self._find(once)\n            if result is None:",
        "            result = None\n            if result is None:",
        f"{LENDING} -k fund",
    ),
    mutant(
        "markers end after a minute",
        "common/idempotency",
        "timedelta(days=30)",
        "timedelta(minutes=1)",
        "tests/api/loans/test_idempotency.py tests/api/wallets",
    ),
    mutant(
        "another key's payload is not compared",
        "common/idempotency",
        "    if marker.fingerprint != once.fingerprint:\n        return IdempotencyKeyReused()\n",
        "",
        "tests/api/loans/test_idempotency.py tests/api/wallets",
    ),
    mutant(
        "a new token for every attempt",
        "common/transactions",
        "self._attempt(token)",
        "self._attempt(str(uuid4()))",
        "tests/simulation/test_faults_without_key.py",
    ),
    mutant(
        "a conflict is taken for success",
        "common/transactions",
        "                return list(error.cancellation_reasons)",
        "                reasons = list(error.cancellation_reasons)\n"
        "                return reasons if any(each and each.code == _CONDITION_FAILED for each in reasons) else None",
        f"{LENDING} -k deposit",
    ),
    mutant(
        "conflicts are not repeated",
        "common/transactions",
        '{"TransactionConflict", "ThrottlingError"',
        '{"ThrottlingError"',
        HISTORIES,
    ),
    mutant(
        "a cheap read has the last word",
        "common/dynamo",
        "    except (Refusal, Stale):\n        return retrying(lambda: attempt(True))",
        "    except Stale:\n        return retrying(lambda: attempt(True))",
        ENVIRONMENT,
    ),
    mutant(
        "a lost race is not run again",
        "common/dynamo",
        "        except Stale as stale:\n            if time.monotonic() + pause > give_up_at:",
        "        except Stale as stale:\n            if True or time.monotonic() + pause > give_up_at:",
        "tests/integration/origination/test_concurrency.py tests/integration/auto_invest/test_concurrent_matching.py",
    ),
    mutant(
        "the SDK repeats a count",
        "common/strict_limits",
        "return False if _ONE_ATTEMPT.get() else None",
        "return None",
        ENVIRONMENT,
    ),
    mutant(
        "cents are rounded as floats",
        "common/money",
        "round_half_even(self.cents * Fraction(factor))",
        "int(self.cents * float(factor) + 0.5)",
        "tests/unit tests/architecture/test_exact_money.py",
    ),
    mutant(
        "a change leaves the cache as it was",
        "common/invalidation",
        "            self._cache.invalidate(name for meaning, item in known for name in meaning.namespaces(item))\n",
        "",
        "tests/api/cache",
    ),
    mutant(
        "the stream tells the cache of nothing",
        "common/invalidation",
        "        if not self._cache.is_on:\n            return\n",
        "        if self._cache.is_on:\n            return\n",
        f"{CACHE_COHERENCE} tests/api/cache",
    ),
    mutant(
        "a page that was cut short is taken for the list",
        "common/dynamo",
        "if limit is None or pages.total_scanned_count >= limit:",
        "if True:",
        "tests/simulation/test_short_pages.py",
    ),
    mutant(
        "a connection that ended is used again",
        "common/connections",
        "if connection.is_quiet()",
        "if connection.is_open",
        "tests/integration/dynamodb/test_http_pool.py",
    ),
    mutant(
        "an answer that was garbled on its way is believed",
        "common/quick_calls",
        "checksum is None or int(checksum) == zlib.crc32(http.content)",
        "checksum is None or bool(int(checksum))",
        "tests/integration/dynamodb/test_fast_path_client.py",
    ),
    mutant(
        "a new item is put over one that is there",
        "common/items",
        "_named(model, model._hash_keyname).does_not_exist()",
        "_named(model, model._hash_keyname).exists() | _named(model, model._hash_keyname).does_not_exist()",
        f"{HISTORIES} tests/api/users tests/integration/origination/test_concurrency.py",
    ),
)
