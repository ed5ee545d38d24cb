"""The demo: real attempts against the simulator over HTTP, saved in SQLite, told as they happen.

Time is simulated, so that waiting costs none. Nothing here needs the extra `cli`.
"""

from powens_flow.demo.narration import Narrator
from powens_flow.demo.parking import PARKED, Parked, park
from powens_flow.demo.play import play
from powens_flow.demo.report import Report
from powens_flow.demo.scenario import Expected, Scenario
from powens_flow.demo.scenarios import SCENARIOS
from powens_flow.demo.stage import Stage, stage

__all__ = [
    "PARKED",
    "SCENARIOS",
    "Expected",
    "Narrator",
    "Parked",
    "Report",
    "Scenario",
    "Stage",
    "park",
    "play",
    "stage",
]
