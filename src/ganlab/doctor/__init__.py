"""Everything that can be looked at before a long run: each check gives findings, one line each."""

from ganlab.doctor.finding import Finding
from ganlab.doctor.plan import examine

__all__ = ["Finding", "examine"]
