"""How gunicorn serves the web process; `manage.py up` adds the address."""

import sys
from typing import Any

from ragsite.embedded.shim import die_with_parent

# One process, many threads: searches wait for PostgreSQL and for ONNX, both outside the interpreter's lock, and the
# query model is in memory once.
worker_class = "gthread"
workers = 1
threads = 16
timeout = 60  # seconds without a heartbeat of the worker
graceful_timeout = 10  # seconds for requests to end after SIGTERM
keepalive = 5
worker_tmp_dir = "/dev/shm" if sys.platform == "linux" else None  # noqa: S108 -- a file without a name; no disk waits

# No access log: paths and queries of the wire contract hold tokens (`DELETE /v1/system/token/<token>`, `?auth=`).
accesslog = None
errorlog = "-"
control_socket_disable = True  # signals are enough, and a socket less to guard


def post_fork(_server: Any, worker: Any) -> None:
    """Have the worker die with the master; fork has cleared what the master asked for itself."""
    die_with_parent(parent=worker.ppid)
