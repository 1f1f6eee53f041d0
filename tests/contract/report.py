"""Write docs/contract.md: each route of the contract, what answers it, and which tests call it.

`python -m tests.contract.report` runs the tests of both APIs to see what they call; it takes some minutes.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ragsite.settings.test")

from tests.contract import recording
from tests.contract.routes import CORE, FAMILIES, ROUTES, Route, shape

ROOT = Path(__file__).resolve().parents[2]
TESTS = ["tests/contract", "tests/system/web"]
PAGE = ROOT / "docs" / "contract.md"
SHOWN = 4  # test files of a route

_HEAD = """# The contract, route by route

Every route that the contract of the [API](api.md) names, what answers it here, and the tests that call it most.
`make contract` writes this page; a test keeps it true.

Envelope: R (`code`, `data`; no `message` in successes), W (`code`, `message`, `data`), or bare. Scope: CORE is all
there; SECOND and LATER are not promised, and served only where the table says so; own: ours, beside the contract.
"""

Calls = Mapping[tuple[str, str], Sequence[str]]


def page(calls: Calls) -> str:
    """The text of the page; `calls` has the test files of each route."""
    core = [route for route in ROUTES if route.scope == CORE]
    served = [route for route in core if view_of(route)]
    lines = [
        _HEAD,
        f"{len(served)} of {len(core)} CORE routes are served.\n",
        "| section | route | envelope | scope | answered by | tests |",
        "|---|---|---|---|---|---|",
        *(row(route, calls.get(route.key, [])) for route in ROUTES),
        *(f"| C.0 | `{path}*` | | {scope} | not served | |" for path, scope in FAMILIES.items()),
    ]
    return "\n".join(lines) + "\n"


def row(route: Route, tests: Sequence[str]) -> str:
    """A line of the table."""
    view = view_of(route)
    shown = ", ".join(f"`{test}`" for test in tests[:SHOWN]) + (f", {len(tests) - SHOWN} more" if tests[SHOWN:] else "")
    answered = f"`{view}`" if view else "not served"
    columns = [route.section, f"`{route.method} {route.path}`", route.variant, route.scope, answered, shown]
    return f"| {' | '.join(columns)} |"


def view_of(route: Route) -> str:
    """The view that answers a route; empty: it is not served."""
    from tests.urlconf import served

    return {(method, shape(pattern)): view for (method, pattern), view in served().items()}.get(route.key, "")


def recorded() -> Calls:
    """Which tests call which route, found by running them; those that call it most come first."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "calls.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.contract.recording", *TESTS]
        tests = subprocess.run(command, cwd=ROOT, env={**os.environ, recording.FILE: str(file)}, check=False)
        if tests.returncode not in {0, 1}:  # a test that fails has called its route all the same
            sys.exit(tests.returncode)
        return by_route(json.loads(file.read_text()))


def by_route(calls: Sequence[tuple[str, str, str, int]]) -> Calls:
    """Test files by route, from calls of paths."""
    from django.urls import Resolver404

    from system.rest.paths import normalised
    from tests.urlconf import route_of

    found: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for method, path, test, count in calls:
        try:
            found[method, shape(route_of(normalised(path)))][test] += count
        except Resolver404:
            continue
    return {
        key: [test for test, _ in sorted(tests.items(), key=lambda one: (-one[1], one[0]))]
        for key, tests in found.items()
    }


def main() -> None:
    """Write the page."""
    import django

    django.setup()
    PAGE.write_text(page(recorded()))
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
