"""The Powens API, played: a strict server for tests, in process or on its own.

```python
simulator = Simulator(Settings(), clock)
async with running(simulator) as server:
    client = Client(server.url)
```
"""

from powens_flow.simulator.clock import SimulatedClock
from powens_flow.simulator.faults import Fault
from powens_flow.simulator.logins import Logins
from powens_flow.simulator.run import serve
from powens_flow.simulator.server import Server, create_app, running
from powens_flow.simulator.settings import Settings
from powens_flow.simulator.simulator import Simulator
from powens_flow.simulator.visit import at_the_bank

__all__ = [
    "Fault",
    "Logins",
    "Server",
    "Settings",
    "SimulatedClock",
    "Simulator",
    "at_the_bank",
    "create_app",
    "running",
    "serve",
]
