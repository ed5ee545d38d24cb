"""Attempts, looked at: one attempt's story, the whole fleet, the flight recorder, consent.

Values and text out of what a store keeps, for a command line, a page or a report alike. Nothing
here acts, and nothing of it holds a token, a credential, or anything of an account's holder.
"""

from powens_flow.inspection.consent import ConsentRecord, consent_of
from powens_flow.inspection.durations import spoken
from powens_flow.inspection.flight import Flight, FlightBroken, read, recorded
from powens_flow.inspection.funnel import Funnel, funnel, funnel_of, left_out
from powens_flow.inspection.heat import heat, heat_of
from powens_flow.inspection.path import path_of
from powens_flow.inspection.redaction import redacted, row_json
from powens_flow.inspection.replay import Difference, replayed
from powens_flow.inspection.sequence import sequence_of
from powens_flow.inspection.story import Story, story_of
from powens_flow.inspection.stuck import reasons, trouble
from powens_flow.inspection.verdict import LastError, Verdict, verdict_of, verdict_on

__all__ = [
    "ConsentRecord",
    "Difference",
    "Flight",
    "FlightBroken",
    "Funnel",
    "LastError",
    "Story",
    "Verdict",
    "consent_of",
    "funnel",
    "funnel_of",
    "heat",
    "heat_of",
    "left_out",
    "path_of",
    "read",
    "reasons",
    "recorded",
    "redacted",
    "replayed",
    "row_json",
    "sequence_of",
    "spoken",
    "story_of",
    "trouble",
    "verdict_of",
    "verdict_on",
]
