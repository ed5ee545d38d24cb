"""For integrators' own tests: the simulator, a clock moved by hand, a driver that answers prompts.

```python
async with world() as w:
    end = await w.driver(Script(login="sms")).run()
    assert end.state == "completed"
```
"""

from powens_flow.testing.clock import ManualClock
from powens_flow.testing.driver import Driver, Step
from powens_flow.testing.script import Script
from powens_flow.testing.world import REDIRECT_URI, World, counted_ids, world

__all__ = [
    "REDIRECT_URI",
    "Driver",
    "ManualClock",
    "Script",
    "Step",
    "World",
    "counted_ids",
    "world",
]
