"""How gunicorn serves the web processes; `manage.py up` adds the address."""

import gc
import sys
from typing import Any

from ragsite.embedded.shim import die_with_parent
from ragsite.settings.rag import RAG_STREAMS, RAG_WEB_PROCESSES

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


def when_ready(_server: Any) -> None:
    """Have the collector leave alone what the processes are about to share."""
    gc.collect()
    gc.freeze()


def post_fork(_server: Any, worker: Any) -> None:
    """Have the worker die with the master; fork has cleared what the master asked for itself."""
    die_with_parent(parent=worker.ppid)


def post_worker_init(worker: Any) -> None:
    """Have the streams of the worker end as soon as it is to stop."""
    from documents.watching.hub import hub

    hub.stopping = lambda: not worker.alive
