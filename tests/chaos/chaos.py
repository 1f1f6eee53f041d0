"""A run: a site, its users, what hits it, and who watches."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from ragsite.embedded.postgres import Postgres
from ragsite.embedded.valkey import Valkey
from tests.chaos import reckoning
from tests.chaos.asking import Asking
from tests.chaos.expected import Expected
from tests.chaos.faults import Faults
from tests.chaos.ledger import Ledger
from tests.chaos.papers import CONFIG, papers
from tests.chaos.parts import Parts
from tests.chaos.plan import LEASE, Part, Plan
from tests.chaos.reckoning import truth, waited
from tests.chaos.recovery import Recovery
from tests.chaos.report import Report
from tests.chaos.snapshots import Snapshots
from tests.chaos.state import Snapshot
from tests.chaos.users import User
from tests.flows.live import Site, start, stop, wait_until

WORKERS = 3
WEBS = 2
PAUSE = 0.15  # seconds between two snapshots
OVERTIME = 2.0  # times the planned seconds, for quotas that are not met by then
DRAIN_SECONDS = 180.0
PEACE_SECONDS = 240.0
RETRIES = 3  # rounds of retrying what failed by faults
SETTINGS = {
    "RAGSITE_LEASE_SECONDS": str(LEASE),
    "RAGSITE_HEARTBEAT_SECONDS": "0.2",
    "RAGSITE_WORKERS": str(WORKERS),
    "RAGSITE_WEB_PROCESSES": str(WEBS),
    "RAGSITE_EMBED_THREADS": "1",
}


def run(plan: Plan, data_dir: Path, *, sabotage: str = "") -> Report:
    """Have the plan happen to a site on `data_dir`; `sabotage` names settings of a site that is to fail."""
    settings = SETTINGS | ({"DJANGO_SETTINGS_MODULE": f"tests.chaos.sabotage.{sabotage}"} if sabotage else {})
    site = start(data_dir, **settings)
    try:
        return Chaos(plan, site, ends=not sabotage).run()
    finally:
        stop(site, 60)


class Chaos:
    """One run on one site; with `ends`, it is led to its end and reckoned with."""

    def __init__(self, plan: Plan, site: Site, *, ends: bool) -> None:
        self._plan = plan
        self._site = site
        self._ends = ends
        self._report = Report(plan)
        self._ledger = Ledger()
        self._parts = Parts(site)
        self._over = threading.Event()  # for users
        self._calm = threading.Event()  # for faults
        self._asleep = threading.Event()  # for whoever measures
        self._numbers: set[int] = set()  # of the tasks that were seen
        self._last: Snapshot | None = None
        self._lapped = time.monotonic()

    def run(self) -> Report:
        """What came of it."""
        expected = Expected(self._peace())
        recovery = Recovery(self._services(), self._asleep)
        snapshots = Snapshots(self._site.data_dir, self._ledger, expected, pause=PAUSE, seen=self._seen(recovery))
        faults = Faults(self._parts, self._plan.blows(), self._calm, recovery.struck)
        users = [User(self._site, self._ledger, number, self._plan, self._over) for number in range(self._plan.users)]
        begun = self._lap("peace")
        for thread in (snapshots, recovery, *users, faults):
            thread.start()
        self._until_enough(begun, faults, users, snapshots)
        self._lap("chaos")
        self._calm.set()
        faults.join()
        self._over.set()
        for user in users:
            user.join(DRAIN_SECONDS)
        if self._ends and not snapshots.error:
            self._drain(users, recovery)
        snapshots.stop()
        self._asleep.set()
        self._lap("drain")
        self._note(faults, users, snapshots, recovery)
        if self._ends:
            self._reckon(expected)
        self._lap("reckoning")
        return self._report

    def _lap(self, name: str) -> float:
        """Note how long a stage of the run took; returns the time."""
        now = time.monotonic()
        self._report.laps[name], self._lapped = now - self._lapped, now
        return now

    def _peace(self) -> Mapping[str, list[str]]:
        """The chunks of each paper, parsed before anything happens."""
        ask = Asking(self._site, 999)
        dataset = ask("POST", "/datasets", json={"name": "peace", "parser_config": CONFIG}).data["id"]
        path = f"/datasets/{dataset}"
        ids = {}
        for name in self._plan.papers:
            ids[name] = ask("POST", f"{path}/documents", files={"file": (name, papers()[name])}).data[0]["id"]
        ask("POST", f"{path}/chunks", json={"document_ids": list(ids.values())})

        def all_done() -> bool:
            rows = ask("GET", f"{path}/documents", params={"page_size": 100}).data["docs"]
            return all(row["run"] == "DONE" for row in rows)

        wait_until(all_done, PEACE_SECONDS, "the end of all parses in peace", self._site)
        return {name: self._texts(ask, f"{path}/documents/{pk}/chunks") for name, pk in ids.items()}

    def _texts(self, ask: Asking, path: str) -> list[str]:
        page = ask("GET", path, params={"page_size": 10_000}).data
        return [chunk["content"] for chunk in page["chunks"]]

    def _services(self) -> Mapping[Part, Callable[[], bool]]:
        postgres, valkey = Postgres(self._site.data_dir), Valkey(self._site.data_dir)

        def web() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return httpx.get(f"{self._site.url}/v1/system/ping", timeout=1.0).text == "pong"
            return False

        return {
            Part.POSTMASTER: postgres.answers,
            Part.BACKEND: postgres.answers,
            Part.VALKEY: valkey.answers,
            Part.WEB: web,
            Part.GUNICORN: web,
        }

    def _seen(self, recovery: Recovery) -> Callable[[Snapshot], None]:
        def seen(snapshot: Snapshot) -> None:
            self._numbers.update(snapshot.tasks)
            self._last = snapshot
            recovery.seen(snapshot)

        return seen

    def _until_enough(self, begun: float, faults: Faults, users: list[User], snapshots: Snapshots) -> None:
        """Wait until the quotas are met or sabotage is noticed, or for OVERTIME, or until somebody gives up."""
        while time.monotonic() - begun < OVERTIME * self._plan.seconds:
            have = faults.count, len(self._numbers), snapshots.taken
            wanted = self._plan.faults, self._plan.tasks, self._plan.snapshots
            met = all(count >= quota for count, quota in zip(have, wanted, strict=True))
            noticed = snapshots.violations and not self._ends
            if met or noticed or faults.error or snapshots.error or any(user.error for user in users):
                return
            time.sleep(0.1)

    def _drain(self, users: list[User], recovery: Recovery) -> None:
        """All comes to its end; what failed by the faults is retried, as users would."""
        for _ in range(RETRIES):
            if not waited(lambda: self._last is not None and not self._last.open, DRAIN_SECONDS):
                self._report.faulty.append(f"{self._last.open if self._last else 'all'} tasks do not come to an end")
                break
            retried = [reply for user in users if not user.is_alive() and (reply := user.retry())]
            if not retried:
                break
            taken = time.monotonic()
            waited(lambda since=taken: self._last is not None and self._last.at > since, 10)
        if not waited(lambda: not recovery.pending, 10):
            self._report.faulty.append(f"{recovery.pending} of those that were hit are not at work again")

    def _note(self, faults: Faults, users: list[User], snapshots: Snapshots, recovery: Recovery) -> None:
        report = self._report
        report.dealt, report.recovered = faults.dealt, recovery.seconds
        report.snapshots, report.violations, report.examples = snapshots.taken, snapshots.violations, snapshots.examples
        report.deeds, report.refused = self._ledger.deeds, self._ledger.refused
        report.unanswered = sum(user.ask.unanswered for user in users)
        report.documents, report.tasks = len(self._ledger.all()), len(self._numbers)
        report.vague = sum(entry.vague for entry in self._ledger.all())
        report.doubled += [f"a search answered {pk}, which is gone" for user in users for pk in user.searched]
        report.faulty += [f"{one.name}: {one.error}" for one in (faults, snapshots, *users) if one.error]
        report.faulty += [f"{user.name} does not come to an end" for user in users if user.is_alive()]

    def _reckon(self, expected: Expected) -> None:
        report, site = self._report, self._site
        now = truth(site.data_dir)
        report.ends = Counter(task.state for task in now.tasks.values())
        report.lost += reckoning.lost(now, self._ledger, expected)
        report.lost += reckoning.wrong_texts(site.data_dir, now, self._ledger, expected)
        report.doubled += reckoning.doubled(now, self._ledger)
        report.faulty += reckoning.missing_processes(self._parts, WORKERS, WEBS)
        report.faulty += reckoning.left_over(site)
        report.faulty += reckoning.inconsistent(site)
        report.faulty += reckoning.survivors(site, self._parts)
