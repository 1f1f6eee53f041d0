"""The processes of a running site, told by what they are."""

import contextlib
import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import psutil

from tests.chaos.plan import Part
from tests.flows.live import Site, cmdline

CLIENT = "ragsite ragsite [local]"  # in the title of a backend that somebody is connected to


class Parts:
    """Looks for the processes of a site, and remembers all that it has seen."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.seen: set[psutil.Process] = set()

    def now(self) -> Mapping[Part, list[psutil.Process]]:
        """The living processes by part, each part in the order of their ids."""
        family = self._site.family()[1:]
        self.seen.update(family)
        found = defaultdict(list)
        for process in sorted(family, key=lambda one: one.pid):
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and (part := self._part(process)):
                    found[part].append(process)
        return found

    def horse_of(self, part: Part, process: psutil.Process) -> set[int]:
        """Ids of the work-horses that a blow to `process` concerns."""
        with contextlib.suppress(psutil.Error):
            match part:
                case Part.HORSE:
                    return {process.pid}
                case Part.PARSER:
                    return {process.ppid()}
                case Part.WORKER | Part.CREW:
                    return {child.pid for child in process.children(recursive=True)}
        return set()

    def _part(self, process: psutil.Process) -> Part | None:
        words = " ".join(cmdline(process))
        parent = process.ppid()
        top = parent == self._site.process.pid
        if "documents.parsers.child" in words:
            return Part.PARSER
        if "manage.py work" in words:
            return Part.CREW if top else _crewman(process)
        if "gunicorn" in words:
            return Part.GUNICORN if top else Part.WEB
        if "valkey-server" in words:
            return Part.VALKEY
        if "/postgres " in words and top:
            return Part.POSTMASTER
        return Part.BACKEND if words.startswith("postgres:") and CLIENT in words else None


def _crewman(process: psutil.Process) -> Part:
    """Worker, sweeper or work-horse: they were forked from one process, and have its command line."""
    name = Path(f"/proc/{process.pid}/comm").read_text().strip()
    if name == "sweeper":
        return Part.SWEEPER
    above = process.parent()
    grandparent = above.parent() if above else None
    return Part.HORSE if grandparent and "manage.py work" in " ".join(cmdline(grandparent)) else Part.WORKER


def alive(process: psutil.Process) -> bool:
    """Whether a process lives: a zombie is dead, its parent has only not looked yet."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def strangers(data_dir: Path) -> list[psutil.Process]:
    """Processes, whoever their parent is, that work on `data_dir`."""
    mark = f"RAGSITE_DATA_DIR={data_dir}".encode()
    return [process for process in psutil.process_iter() if _works_on(process, data_dir, mark)]


def _works_on(process: psutil.Process, data_dir: Path, mark: bytes) -> bool:
    if process.pid == os.getpid():
        return False
    with contextlib.suppress(OSError, psutil.Error):
        if mark in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0"):
            return alive(process)
        if Path(f"/proc/{process.pid}/cwd").readlink().is_relative_to(data_dir):
            return alive(process)
    return False


def chosen(processes: list[psutil.Process], pick: float) -> psutil.Process:
    """The `pick`-th (0..1) of them."""
    return processes[int(pick * len(processes))]
