"""powens_flow: the Powens custom connection protocol, run as explicit state machines."""

from powens_flow.api import PowensClient, PowensError
from powens_flow.attempt import Result
from powens_flow.engine import Engine
from powens_flow.errors import FlowError
from powens_flow.events import Event, InvalidEvent, event_from_json
from powens_flow.keyring import Keyring
from powens_flow.listeners import Change
from powens_flow.owner import Owner
from powens_flow.policy import Deadlines, Policy
from powens_flow.prompts import Prompt
from powens_flow.secret import Secret
from powens_flow.store.memory import MemoryStore
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.vault import MemoryVault, StoreVault
from powens_flow.view import View

__all__ = [
    "Change",
    "Deadlines",
    "Engine",
    "Event",
    "FlowError",
    "InvalidEvent",
    "Keyring",
    "MemoryStore",
    "MemoryVault",
    "Owner",
    "Policy",
    "PowensClient",
    "PowensError",
    "Prompt",
    "Result",
    "SQLiteStore",
    "Secret",
    "StoreVault",
    "View",
    "event_from_json",
]
