"""The counts of processes that were forked, read by one of them."""

import subprocess
import sys

SITE = """
import os, sys
from pathlib import Path

from system import exposition

folder = Path(sys.argv[1])
exposition.share(folder)

from prometheus_client import Counter, Histogram

ASKED = Counter("ragsite_asked", "Questions.", ["kind"])
OF_A_LIBRARY = Counter("theirs", "Not ours.")
SECONDS = Histogram("ragsite_seconds", "Seconds.", buckets=(1, 2))


def fork(place, work):
    if not (child := os.fork()):
        exposition.take(folder, place)
        work()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def count():
    ASKED.labels("a").inc()
    SECONDS.observe(1.5)


for place in (0, 1, 0):  # the last one has the place of one that is gone
    fork(place, count)
fork(1, lambda: sys.stdout.buffer.write(exposition.text()) and sys.stdout.flush())
print(sorted(file.name for file in folder.iterdir()), {file.stat().st_size for file in folder.iterdir()})
"""


def test_processes_are_added_up_and_places_kept(tmp_path):
    stale = tmp_path / "run" / "counter_7.db"
    stale.parent.mkdir()
    stale.write_bytes(b"of an earlier start")

    done = subprocess.run([sys.executable, "-c", SITE, tmp_path / "run"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    told = [
        'asked_total{kind="a"} 3.0',
        'seconds_bucket{le="1.0"} 0.0',
        'seconds_bucket{le="2.0"} 3.0',
        "seconds_sum 4.5",
    ]
    assert {f"ragsite_{line}" for line in told} <= {*lines}
    assert not [line for line in lines if line.startswith("theirs")]
    kept = [f"{kind}_{place}.db" for kind in ("counter", "histogram", "summary") for place in (-1, 0, 1)]
    assert lines[-1] == f"{kept} { {1 << 20} }"
