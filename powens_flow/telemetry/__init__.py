"""What is seen of attempts from outside: log events always, spans and metrics where wanted.

Spans and metrics need `opentelemetry-api` (the extra `otel`) and a provider that the backend has
configured before it makes its engine; otherwise `active()` is None, and nothing is done for them.
What each event, span and metric holds is in docs/observability.md.
"""

from powens_flow.telemetry.hooks import active, driven, start, who_hears
from powens_flow.telemetry.names import owner_hash

__all__ = ["active", "driven", "owner_hash", "start", "who_hears"]
