"""A page on which staff look at attempts, and cannot act: a sub-application of its own.

```python
app.add_subapp("/inspect", inspect_app(engine, authenticate_staff=who_of_the_staff))
```
"""

from powens_flow.web.inspect.app import inspect_app
from powens_flow.web.inspect.guard import AuthenticateStaff
from powens_flow.web.inspect.limits import InspectLimits

__all__ = ["AuthenticateStaff", "InspectLimits", "inspect_app"]
