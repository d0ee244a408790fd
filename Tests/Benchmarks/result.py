"""One line of the table."""

import dataclasses
import operator

HOLDS = {">=": operator.ge, "<=": operator.le}


@dataclasses.dataclass
class Result:
    """`ratio` is ours to the peer's; `None` where there is nothing to compare, and `reason` says why."""

    name: str
    ours: float | None
    peer: float | None
    unit: str
    relation: str
    bound: float
    reason: str = ""

    @property
    def ratio(self):
        return None if self.ours is None or not self.peer else self.ours / self.peer

    @property
    def verdict(self):
        if self.ratio is None:
            return f"not measured: {self.reason}"
        return "pass" if HOLDS[self.relation](self.ratio, self.bound) else "FAIL"

    def row(self):
        def text(number, unit=""):
            return "-" if number is None else f"{number:,.{0 if number >= 100 else 2}f} {unit}".strip()

        return (self.name, text(self.ours, self.unit), text(self.peer, self.unit), text(self.ratio),
                f"{self.relation} {self.bound:g}", self.verdict)
