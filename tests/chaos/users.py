"""Users who upload, parse, cancel, parse again, edit, retry and delete, each their own documents."""

import contextlib
import threading
from collections.abc import Callable

from tests.chaos.asking import Asking, Gone, Reply
from tests.chaos.ledger import Entry, Ledger, Promise, deed
from tests.chaos.papers import CONFIG, papers
from tests.chaos.plan import Deed, Plan, wishes
from tests.flows.live import Site

OPEN = 8  # documents of one user that are worked on at the same time
HELD = (0.2, 2.0)  # seconds that a dataset is paused, from .. to
AT_WORK = "RUNNING, and a worker is at it"
PAUSE = (0.02, 0.5)  # seconds between two deeds, from .. to


class User(threading.Thread):
    """One user; deeds one after the other, until `enough`."""

    def __init__(self, site: Site, ledger: Ledger, number: int, plan: Plan, enough: threading.Event) -> None:
        super().__init__(name=f"user {number}", daemon=True)
        self.ask = Asking(site, number)
        self.number = number
        self.entries: list[Entry] = []
        self.searched: list[str] = []  # what a search answered and should not have
        self.error: str = ""
        self._ledger = ledger
        self._chance = plan.chance(number)
        self._papers = plan.papers
        self._enough = enough
        self._serial = 0
        self._dataset = ""
        self._deeds: dict[Deed, Callable[[], Reply | None]] = {
            Deed.UPLOAD: self.upload,
            Deed.PARSE: self.parse,
            Deed.CANCEL: self.cancel,
            Deed.EDIT: self.edit,
            Deed.ADD: self.add,
            Deed.RETRY: self.retry,
            Deed.DELETE: self.delete,
            Deed.DROP: self.drop,
            Deed.SEARCH: self.search,
            Deed.PAUSE: self.pause,
        }

    def run(self) -> None:
        try:
            for wish in wishes(self._chance):
                if self._enough.wait(self._chance.uniform(*PAUSE)):
                    return
                if reply := self._deeds[wish]():
                    self._ledger.count(wish, refused=not reply.ok)
        except Gone as error:
            self.error = str(error)
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"
            raise

    def upload(self) -> Reply | None:
        """Store one to three files and have them parsed."""
        runs = self.runs()
        if sum(run in {"RUNNING", AT_WORK} for run in runs.values()) >= OPEN:
            return None
        names = self._chance.choices([*self._papers], [*self._papers.values()], k=self._chance.choice([1, 1, 2, 3]))
        return self._start([self._store(name) for name in names])

    def parse(self) -> Reply | None:
        """Have a document parsed again that is done, or was canceled."""
        return (entry := self._one_that_is("DONE", "CANCEL")) and self._start([entry])

    def retry(self) -> Reply | None:
        """Have all that failed parsed again."""
        failed = self._those_that_are("FAIL")
        if not failed:
            return None
        with deed(failed):
            reply = self.ask("POST", self._path(failed[0], "retry"), json={"document_ids": [one.id for one in failed]})
            for entry in failed:
                self._settle(entry, reply, Promise.STARTED)
        return reply

    def pause(self) -> Reply | None:
        """Hold the dataset back for a moment; nothing that is promised changes by it."""
        if not self._dataset:
            return None
        self.ask("POST", f"/datasets/{self._dataset}/pause")
        self._enough.wait(self._chance.uniform(*HELD))
        return self.ask("POST", f"/datasets/{self._dataset}/resume")

    def cancel(self) -> Reply | None:
        """Stop a document that is being parsed; rather one that a worker is at than one that waits."""
        entry = self._one_that_is(AT_WORK) or self._one_that_is("RUNNING")
        if entry is None:
            return None
        with deed([entry]):
            reply = self.ask("DELETE", self._path(entry, "chunks"), json={"document_ids": [entry.id]})
            self._settle(entry, reply, Promise.CANCELED)
        return reply

    def edit(self) -> Reply | None:
        """Change the text of a chunk."""
        entry = self._one_that_is("DONE", "RUNNING", AT_WORK, "CANCEL")
        chunk = entry and self._chunk_of(entry)
        if not entry or not chunk:
            return None
        text = self._phrase("An editor wrote this")
        promise = entry.promise
        with deed([entry]):
            reply = self.ask("PUT", self._path(entry, f"documents/{entry.id}/chunks/{chunk}"), json={"content": text})
            if reply.ok:
                (entry.added if chunk in entry.added else entry.edited)[chunk] = text
            else:
                entry.doubtful.add(chunk)
            entry.vague |= reply.vague
            entry.promise = promise
        return reply

    def add(self) -> Reply | None:
        """Add a chunk."""
        entry = self._one_that_is("DONE", "RUNNING", AT_WORK, "CANCEL")
        if entry is None:
            return None
        text = self._phrase("A reader added this")
        promise = entry.promise
        with deed([entry]):
            reply = self.ask("POST", self._path(entry, f"documents/{entry.id}/chunks"), json={"content": text})
            if reply.ok:
                entry.added[reply.data["chunk"]["id"]] = text
            entry.vague |= reply.vague
            entry.promise = promise
        return reply

    def delete(self) -> Reply | None:
        """Delete a document, whatever is being done with it."""
        if not self.entries:
            return None
        entry = self._chance.choice(self.entries)
        with deed([entry]):
            reply = self.ask("DELETE", self._path(entry, "documents"), json={"ids": [entry.id]})
            self._forget([entry], reply)
        return reply

    def drop(self) -> Reply | None:
        """Delete the dataset with all that is in it, and go on with another."""
        if len(self.entries) < 5:
            return None
        gone, dataset, self._dataset = list(self.entries), self._dataset, ""
        with deed(gone):
            reply = self.ask("DELETE", "/datasets", json={"ids": [dataset]})
            self._forget(gone, reply)
        return reply

    def search(self) -> Reply | None:
        """Search, and notice what is answered of documents that are gone."""
        if not self._dataset:
            return None
        wanted = {"question": "What does the otter of the last pond eat?", "dataset_ids": [self._dataset]}
        reply = self.ask("POST", "/retrieval", json=wanted)
        if reply.ok:
            mine = {entry.id for entry in self.entries}
            self.searched += [hit["document_id"] for hit in reply.data["chunks"] if hit["document_id"] not in mine]
        return reply

    def runs(self) -> dict[str, str]:
        """How far each of the user's documents has come."""
        dataset = self._home()
        reply = self.ask("GET", f"/datasets/{dataset}/documents", params={"page_size": 1000})
        return {one["id"]: AT_WORK if 0.01 < one["progress"] < 1 else one["run"] for one in reply.data["docs"]}

    def _those_that_are(self, *runs: str) -> list[Entry]:
        found = self.runs()
        return [entry for entry in self.entries if found.get(entry.id) in runs]

    def _one_that_is(self, *runs: str) -> Entry | None:
        found = self._those_that_are(*runs)
        return self._chance.choice(found) if found else None

    def _chunk_of(self, entry: Entry) -> str | None:
        reply = self.ask("GET", self._path(entry, f"documents/{entry.id}/chunks"), params={"page_size": 30})
        chunks = [one["id"] for one in reply.data["chunks"]] if reply.ok else []
        return self._chance.choice(chunks) if chunks else None

    def _home(self) -> str:
        while not self._dataset:
            reply = self.ask("POST", "/datasets", json={"name": self._phrase("shelf"), "parser_config": CONFIG})
            self._dataset = reply.data["id"]
        return self._dataset

    def _store(self, paper: str) -> Entry:
        """Upload a file under a name of its own; one that may have been stored already is looked for first."""
        dataset = self._home()
        self._serial += 1
        name = f"{self.number}-{self._serial}-{paper}"
        files = {"file": (name, papers()[paper])}
        reply = self.ask("POST", f"/datasets/{dataset}/documents", files=files)
        found = self.ask("GET", f"/datasets/{dataset}/documents", params={"keywords": name}).data["docs"]
        entry = Entry(reply.data[0]["id"], dataset, paper, name, vague=reply.vague)
        # Tried again, a first try may have come through: there are two then, as there would be for anybody.
        for one in (row for row in found if row["id"] != entry.id and reply.again):
            self.ask("DELETE", f"/datasets/{dataset}/documents", json={"ids": [one["id"]]})
        self.entries.append(self._ledger.note(entry))
        return entry

    def _start(self, entries: list[Entry]) -> Reply:
        with deed(entries):
            path, wanted = self._path(entries[0], "chunks"), {"document_ids": [entry.id for entry in entries]}
            reply = self.ask("POST", path, json=wanted)
            for entry in entries:
                self._settle(entry, reply, Promise.STARTED)
        return reply

    def _settle(self, entry: Entry, reply: Reply, promise: Promise) -> None:
        """What is promised after `reply`; where that does not tell, what the document shows."""
        entry.vague |= reply.vague
        if reply.ok:
            entry.promise = promise
            return
        run = self.runs().get(entry.id)
        settled = {"CANCEL": Promise.CANCELED, "UNSTART": Promise.STORED}
        entry.promise = settled.get(run, Promise.STARTED) if run else None

    def _forget(self, entries: list[Entry], reply: Reply) -> None:
        for entry in entries:
            entry.promise = Promise.DELETED  # also where an earlier try did it, and this one finds nothing
            entry.vague |= reply.vague
            with contextlib.suppress(ValueError):
                self.entries.remove(entry)

    def _path(self, entry: Entry, rest: str) -> str:
        return f"/datasets/{entry.dataset}/{rest}"

    def _phrase(self, words: str) -> str:
        self._serial += 1
        return f"{words} {self.number}-{self._serial}"
