"""What came of a run."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.chaos.plan import Blow, Part, Plan


@dataclass
class Report:
    """Figures, and everything that is wrong."""

    plan: Plan
    laps: dict[str, float] = field(default_factory=dict)
    """Seconds of each stage."""
    dealt: Counter[tuple[Part, Blow]] = field(default_factory=Counter)
    deeds: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    unanswered: int = 0
    vague: int = 0
    documents: int = 0
    tasks: int = 0
    ends: Mapping[str, int] = field(default_factory=dict)
    snapshots: int = 0
    recovered: Mapping[str, list[float]] = field(default_factory=dict)
    violations: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    faulty: list[str] = field(default_factory=list)
    """What else is wrong: processes missing or left over, orphans, a site that did not come to rest."""

    @property
    def clean(self) -> bool:
        """Whether nothing at all is wrong."""
        return not (self.violations or self.lost or self.doubled or self.faulty)

    @property
    def short(self) -> list[str]:
        """Quotas that were not met."""
        wanted = {
            "faults": (self.dealt.total(), self.plan.faults),
            "tasks": (self.tasks, self.plan.tasks),
            "snapshots": (self.snapshots, self.plan.snapshots),
        }
        return [f"{have} of {want} {name}" for name, (have, want) in wanted.items() if have < want]

    @property
    def wrong(self) -> list[str]:
        """Everything that is wrong, in words."""
        counts = [f"{rule}: {count} times" for rule, count in self.violations.items()]
        return [*counts, *self.lost, *self.doubled, *self.faulty, *self.examples]

    def show(self, console: Console) -> None:
        """Print it."""
        faults = Table(title=f"Faults of seed {self.plan.seed}")
        for column in ("victim", *Blow, "together"):
            faults.add_column(column)
        for part in Part:
            blows = [self.dealt[part, blow] for blow in Blow]
            faults.add_row(part, *map(str, blows), str(sum(blows)))
        sums = [sum(self.dealt[part, blow] for part in Part) for blow in Blow]
        faults.add_row("together", *map(str, sums), str(self.dealt.total()))
        console.print(faults)
        figures = Table(title="What came of it")
        for column in ("measure", "value"):
            figures.add_column(column)
        for name, value in self._figures():
            figures.add_row(name, value)
        console.print(figures)
        for line in self.wrong:
            console.print(line, style="red", markup=False, highlight=False)

    def _figures(self) -> list[tuple[str, str]]:
        deeds = ", ".join(f"{name} {count}" for name, count in sorted(self.deeds.items()))
        refused = ", ".join(f"{name} {count}" for name, count in sorted(self.refused.items()))
        times = [
            (f"{name}: p50 / max", f"{median(seconds):.1f} s / {max(seconds):.1f} s ({len(seconds)} times)")
            for name, seconds in sorted(self.recovered.items())
        ]
        return [
            ("time", ", ".join(f"{name} {seconds:.0f} s" for name, seconds in self.laps.items())),
            ("faults", str(self.dealt.total())),
            ("documents, tasks", f"{self.documents}, {self.tasks}"),
            ("rows of tasks at the end", ", ".join(f"{state} {count}" for state, count in sorted(self.ends.items()))),
            ("deeds of users", deeds),
            ("refused", refused or "none"),
            ("requests without an answer, given up", f"{self.unanswered}, {self.vague}"),
            ("snapshots", str(self.snapshots)),
            *times,
            ("lost", str(len(self.lost))),
            ("doubled", str(len(self.doubled))),
            ("violations", str(self.violations.total())),
            ("other faults of the site", str(len(self.faulty))),
        ]
