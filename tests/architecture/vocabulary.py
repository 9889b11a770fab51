"""Vocabulary of the project: rejected words and names, each with the standard word to write instead."""

from collections.abc import Mapping
from typing import Final

# Words and phrases, rejected in prose and as parts of identifiers (`test_nobody_pays` contains the word "nobody").
# A space in a pattern matches any white space, an underscore, or a line break inside a comment.
PROSE: Final[Mapping[str, str]] = {
    # Metaphors of the first version.
    r"(?<!M\.\s)wings?": "feature",
    r"rooms?": "layer",
    r"(?<!clearing\s)(?<!in-)(?<!\")houses?": "architecture, or project",
    r"gates?": "the component's name (auth, rate limiter, check)",
    r"desks?": "queries, or delete the word",
    r"deeds?": "audit event",
    r"dossiers?": "loan detail",
    r"clockwork": "lifecycle",
    r"pumps?|pumping|pumped": "stream poller, poll",
    r"wiring": "container",
    r"winding back": "unwind",
    r"paying in": "loan funding",
    r"newcomers?": "user factory, or new user",
    r"planted": "mutant, or seeded",
    r"late calls": "delete",
    r"tasks? of the clock": "scheduled job",
    r"short way": "fast path",
    r"overseeing": "operator queries",
    # Words that no native speaker would choose here.
    r"anew": "again",
    r"whoever": "anyone who, or the role's name",
    r"nobody": "no one, or the rule in other words",
    r"somebody": "someone, or the role's name",
    r"told": "notified, informed, given, or the active voice",
    r"beside": "next to",
    r"lies": "is",
    r"stands(?! for\b)": "is",
    r"looked for": "searched for, requested",
    r"asked for": "requested",
    r"at once": "immediately, or at the same time",
    r"(?:all|none|any|every(?:thing|one)?|anything|nothing) but(?! (?:not|is|are|it|they|that)\b)": "except, only",
    r"in all(?=\s*(?:[.,;:)|\"'<]|$))": "total",
    r"e-mails?": "email",
    r"is (?:good|bad) for": "is valid for",
    # The embedded database, which is not an engine; "the lending engine" is the mathematics.
    r"(?:the|an|database|embedded|dynamodb) engines?": "the database (the mathematics is the lending engine)",
    # British spelling.
    r"behaviors?": "behaviour",
    r"installments?": "instalment",
    r"amortiz\w+": "amortis…",
    r"(?<!transaction\s)cancel(?:ed|ing)": "cancelled, cancelling",
    r"label(?:ed|ing)": "labelled, labelling",
    r"(?<!\.)fulfill": "fulfil",
}

# Further words that texts of the user interface avoid.
UI_PROSE: Final[Mapping[str, str]] = {r"at most": "up to", r"no more than": "up to"}

# Names, compared as whole identifiers of Python code, of inline code in documents, and as names of modules.
NAMES: Final[Mapping[str, str]] = {
    "Refusal": "AppError or DomainError",
    "refusals": "errors",
    "is_outage": "is_transient",
    "Platform": "Container",
    "PlatformGate": "delete: api/auth.py and api/rate_limiting/",
    "Gate": "delete: api/auth.py and api/rate_limiting/",
    "Edge": "delete",
    "Facts": "EndpointOptions",
    "Incoming": "Request",
    "Limited": "RateLimitPolicy",
    "Quota": "RateLimitState",
    "Admission": "AdmittedRequest",
    "Slowdown": "Backoff",
    "SignInGuard": "LoginThrottle",
    "Pseudonyms": "IdentifierHasher",
    "CheapLimiter": "FixedWindowLimiter",
    "StrictLimiter": "SlidingWindowLimiter",
    "Grant": "Session",
    "late_calls": "delete",
    "shared_counter": "api/rate_limiting/counter",
    "figures_of": "metrics_for",
    "Once": "IdempotencyKey",
    "Done": "IdempotentResult",
    "Markers": "IdempotencyStore",
    "carry_out": "execute",
    "Stale": "OptimisticLockError or AlreadyWrittenError",
    "retrying": "retry_on_conflict",
    "deciding": "with_consistent_read_fallback",
    "Writes": "WriteTransaction",
    "refuse": "on_condition_failed (a parameter), reject",
    "rank": "precedence",
    "tell": "publish",
    "Listener": "CommitSubscriber",
    "certain": "outcome_known",
    "Phrase": "PreparedWrite",
    "Slot": "Placeholder",
    "Filling": "parameters",
    "quick_calls": "dynamodb/fast_path/client",
    "Patience": "Timeouts",
    "metering": "consumed_capacity",
    "Meaning": "InvalidationRule",
    "note_fresh": "record_recent_writes",
    "Circuit": "CircuitBreaker",
    "Work": "BackgroundJob",
    "WorkerService": "JobDispatcher",
    "working": "worker",
    "Acted": "LifecycleAction",
    "sweeping": "due_loans",
    "agenda": "NextActionRepository",
    "covering": "fund_auto_invest_offers",
    "placing": "placement",
    "takers": "matching_rules",
    "Effect": "MatchResult",
    "Stake": "Exposure",
    "holding": "reservation",
    "distributing": "distributions",
    "repaying": "payments",
    "Settled": "PaymentAllocation",
    "reading": "queries",
    "Row": "Instalment",
    "takes_money": "reduces_available",
    "asked": "requested_rate (a loan), min_rate (a rule)",
    "books": "general_ledger",
    "LoanBooks": "LoanReconciliationReader",
    "Movement": "WalletMovement",
    "Occasion": "AuditContext",
}
# Further names in tests, benchmarks and tools.
TEST_NAMES: Final[Mapping[str, str]] = {
    "double": "dynamodb_simulator",
    "wire": "fault_injector",
    "world": "environment",
    "World": "Environment",
    "Moment": "Checkpoint",
    "looking": "reads",
    "ruling": "auto_invest",
    "multiplied": "bulk_loans",
    "callers": "clients",
}
# Endings of class names.
SUFFIXED_NAMES: Final[Mapping[str, str]] = {"Answer": "Response", "Body": "Request"}
NAMES_OF_LIBRARIES: Final = frozenset({"StreamingBody", "MessageBody", "Body", "NoBody"})
# Gerunds that are established terms; other modules are named by a noun.
GERUND_MODULES: Final = frozenset(
    {
        "servicing", "matching", "routing", "rescheduling", "logging", "rounding", "finding", "mapping", "limiting",
        "reporting", "pricing", "caching", "fuzzing", "packaging", "tracing", "string", "billing", "paging", "funding",
        "testing",
    }
)  # fmt: skip

# Identifiers of the pages' scripts.
SCRIPT_NAMES: Final[Mapping[str, str]] = {
    "wish": "confirmation",
    "mint": "createIntent",
    "way": "recovery",
    "place": "ref",
    "said": "notice",
    "leave": "handleClose",
    "leftOf": "remainingAmount",
    "wire": "toWire",
}
