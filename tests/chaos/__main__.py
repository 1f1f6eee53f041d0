"""`python -m tests.chaos`: a seeded chaos run with real processes; exit code 1 where anything is wrong."""

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.chaos.chaos import run
from tests.chaos.plan import Plan


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=500)
    parser.add_argument("--tasks", type=int, default=600)
    parser.add_argument("--snapshots", type=int, default=1500)
    parser.add_argument("--seconds", type=float, default=540, help="over which the faults are spread")
    parser.add_argument("--control", choices=["none", "fence", "transaction"], default="none", help="what is removed")
    parser.add_argument("--data-dir", type=Path, help="empty or new; default: a temporary one")
    wanted = parser.parse_args()
    plan = Plan(wanted.seed, wanted.faults, wanted.tasks, wanted.seconds, wanted.snapshots)
    sabotage = "" if wanted.control == "none" else wanted.control
    with tempfile.TemporaryDirectory(prefix="ragsite-chaos-") as temporary:
        report = run(plan, wanted.data_dir or Path(temporary) / "site", sabotage=sabotage)
    console = Console()
    report.show(console)
    if sabotage:
        console.print("the harness has noticed it" if report.violations else "the harness has NOT noticed it")
        return int(not report.violations)
    for line in report.short:
        console.print(f"quota not met: {line}")
    return int(bool(not report.clean or report.short))


if __name__ == "__main__":
    sys.exit(main())
