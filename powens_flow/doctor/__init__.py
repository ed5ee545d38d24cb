"""Says whether what is configured works, and what to mend; changes nothing anywhere."""

from powens_flow.doctor.examination import examine
from powens_flow.doctor.finding import Finding, Status

__all__ = ["Finding", "Status", "examine"]
