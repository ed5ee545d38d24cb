"""The closed sets of words that machines, events, prompts and handlers share."""

from typing import Final

import attrs

from powens_flow.policy import Deadlines

DONE: Final = "done"
INTERACTION_NEEDED: Final = "interaction_needed"
REFUSED_INPUT: Final = "refused_input"
LOCKED: Final = "locked"
TEMPORARY: Final = "temporary"
RATE_LIMITED: Final = "rate_limited"
UNKNOWN: Final = "unknown"
UNAUTHORISED: Final = "unauthorised"
GONE: Final = "gone"
UNSUPPORTED: Final = "unsupported"
BAD_ANSWER: Final = "bad_answer"
REJECTED: Final = "rejected"

OUTCOMES: Final = (
    DONE,
    INTERACTION_NEEDED,
    REFUSED_INPUT,
    LOCKED,
    TEMPORARY,
    RATE_LIMITED,
    UNKNOWN,
    UNAUTHORISED,
    GONE,
    UNSUPPORTED,
    BAD_ANSWER,
    REJECTED,
)
"""What a call came to. `rejected` is a request that asking again cannot mend: our fault, or the
domain's configuration (`invalidValue`, `missingParameter`, `config`, `dataError`)."""

POLL: Final = "poll"
EXPIRE: Final = "expire"
RETRY: Final = "retry"
WARN: Final = "warn"
CANCEL: Final = "cancel"

EVENT_TRIGGERS: Final = (
    "choose_connector",
    "choose_source",
    "submit_values",
    "returned",
    "approved",
    "acted",
    "try_again",
    "finish_later",
    "skip_source",
    "choose_another_connector",
    "choose_accounts",
    "add_source",
    "repair_connection",
    "add_another",
    CANCEL,
)
"""What a person, or the bank's redirect, may do."""

TRIGGERS: Final = (*EVENT_TRIGGERS, POLL, EXPIRE, RETRY, WARN, *OUTCOMES)

PROMPT_KINDS: Final = (
    "choose_connector",
    "choose_source",
    "already_connected",
    "fill_in_fields",
    "open_url",
    "approve_on_device",
    "act_at_bank",
    "wait",
    "working",
    "choose_accounts",
    "try_again",
    "done",
    "failed",
)

DEADLINES: Final = tuple(a.name for a in attrs.fields(Deadlines) if a.name != "warning")

POLL_UNTIL: Final = ("next_try",)
