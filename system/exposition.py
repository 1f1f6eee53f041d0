"""What the site has counted, for Prometheus; instruments are where they count.

Web processes are forked, and whoever is asked adds up the counts of all: they are in files. A process has the number of
its place, not its own: who takes the place of a process that died goes on with its counts, and there are few files.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, REGISTRY, CollectorRegistry, Metric, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_OURS = "ragsite_"  # libraries make instruments, too
_ROOM = 1 << 20  # bytes for the counts of one kind: more than all the labels there are need
_KINDS = ("counter", "histogram", "summary")
_MASTER = -1  # the place of the process that forks the others

_registry = REGISTRY
_place = _MASTER


def share(folder: Path) -> None:
    """Have all processes that are forked from now on count together, from zero; before any instrument is made."""
    global _registry
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # all that the library reads
    values.ValueClass = values.MultiProcessValue(lambda: _place)  # type: ignore[no-untyped-call]
    _registry = CollectorRegistry()
    MultiProcessCollector(_registry, path=str(folder))  # type: ignore[no-untyped-call]
    take(folder, _MASTER)


def take(folder: Path, place: int) -> None:
    """Count as the process of this place, which no other one alive has; in a process that has just been forked."""
    global _place
    _place = place
    for kind in _KINDS:
        # Written in full: a process that counts into a hole of a mapped file dies where the disk is full.
        with contextlib.suppress(FileExistsError), (folder / f"{kind}_{place}.db").open("xb") as file:
            file.write(bytes(_ROOM))


def text() -> bytes:
    """All counts of ours, in the text format of Prometheus."""
    return generate_latest(_Ours())


class _Ours(Collector):
    def collect(self) -> Iterable[Metric]:
        return (metric for metric in _registry.collect() if metric.name.startswith(_OURS))
