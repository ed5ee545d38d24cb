"""The Powens API: client, models, errors, sealing."""

from powens_flow.api.client import PowensClient
from powens_flow.api.errors import PowensError
from powens_flow.api.keys import PublicKey
from powens_flow.api.public_keys import PublicKeys
from powens_flow.api.recording import recorded_as, recorded_calls
from powens_flow.api.sealing import SealError, SealRefused, check_sealed, seal_values
from powens_flow.api.transport import Timeouts
from powens_flow.attempt import CallRecord

__all__ = [
    "CallRecord",
    "PowensClient",
    "PowensError",
    "PublicKey",
    "PublicKeys",
    "SealError",
    "SealRefused",
    "Timeouts",
    "check_sealed",
    "recorded_as",
    "recorded_calls",
    "seal_values",
]
