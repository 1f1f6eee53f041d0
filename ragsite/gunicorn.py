"""How gunicorn serves the web processes; `manage.py up` adds the address."""

import gc
import itertools
import sys
from typing import Any

from ragsite.embedded.shim import die_with_parent
from ragsite.settings.rag import RAG_METRICS_DIR, RAG_STREAMS, RAG_WEB_PROCESSES
from system import exposition

# Few processes, many threads: searches wait for PostgreSQL and for ONNX, both outside the interpreter's lock. What is
# imported before the fork is in memory once; each process that has answered a search has the query model. A stream of
# events takes a thread for as long as it lasts, asleep; the rest are for requests, of which no more work at once than
# there are connections to the database (RAG_WEB_CONNECTIONS). Threads are started as they are needed.
worker_class = "gthread"
workers = RAG_WEB_PROCESSES
threads = RAG_STREAMS + 24
preload_app = True
timeout = 60  # seconds without a heartbeat of the worker
graceful_timeout = 10  # seconds for requests to end after SIGTERM
keepalive = 5
worker_tmp_dir = "/dev/shm" if sys.platform == "linux" else None  # noqa: S108 -- a file without a name; no disk waits

# No access log: paths and queries of the wire contract hold tokens (`DELETE /v1/system/token/<token>`, `?auth=`).
accesslog = None
errorlog = "-"
control_socket_disable = True  # signals are enough, and a socket less to guard

exposition.share(RAG_METRICS_DIR)  # here: what is imported before the fork makes instruments


def when_ready(_server: Any) -> None:
    """Have the collector leave alone what the processes are about to share."""
    gc.collect()
    gc.freeze()


def pre_fork(server: Any, worker: Any) -> None:
    """Give the worker the first place that is free."""
    taken = {other.place for other in server.WORKERS.values()}
    worker.place = next(place for place in itertools.count() if place not in taken)


def post_fork(_server: Any, worker: Any) -> None:
    """Have the worker die with the master (fork has cleared what that asked for itself), and count in its place."""
    die_with_parent(parent=worker.ppid)
    exposition.take(RAG_METRICS_DIR, worker.place)


def post_worker_init(worker: Any) -> None:
    """Have the streams of the worker end as soon as it is to stop."""
    from documents.watching.hub import hub

    hub.stopping = lambda: not worker.alive
