"""A measured promise."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What was tried, what came of it, what was promised, and whether it was kept."""

    tried: str
    found: str
    promised: str
    kept: bool

    def line(self) -> str:
        return f"| {self.tried} | {self.found} | {self.promised} | {'yes' if self.kept else '**no**'} |"
