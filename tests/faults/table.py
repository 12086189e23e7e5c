"""The faults of the table as values."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """One row; see table.toml."""

    name: str
    when: str
    what: str
    advice: str
    says: str = ""
    status: int = 0
    code: str = ""
    begun: bool = False
    next: str = ""
    silence: float = 120
    api: dict = field(default_factory=dict)

    @property
    def question(self):
        """The question that brings the fault about, if a question does."""
        return f"!fault {self.name}" if self.when in {"history", "answer"} else "Hello"


FAULTS = [Fault(**row) for row in tomllib.loads(Path(__file__).with_name("table.toml").read_text())["fault"]]
