"""Run all benchmarks, or those named: `python -m tests.benchmarks ingestion retrieval`."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ragsite.settings.test")

import django

django.setup()

from tests.benchmarks import (  # noqa: E402
    bench_api,
    bench_cancel,
    bench_ingestion,
    bench_memory,
    bench_parsing,
    bench_publishing,
    bench_queue,
    bench_reindex,
    bench_retrieval,
    bench_streams,
    bench_watch,
)

BENCHMARKS = {
    "api": bench_api.main,
    "cancel": bench_cancel.main,
    "ingestion": bench_ingestion.main,
    "parsing": bench_parsing.main,
    "memory": bench_memory.main,
    "publishing": bench_publishing.main,
    "queue": bench_queue.main,
    "reindex": bench_reindex.main,
    "retrieval": bench_retrieval.main,
    "streams": bench_streams.main,
    "watch": bench_watch.main,
}

if __name__ == "__main__":
    # A size may follow the name (`memory=100`). Memory takes hours at its own size: it runs where it is named.
    wanted = [name.partition("=") for name in sys.argv[1:] or BENCHMARKS.keys() - {"memory"}]
    if unknown := {name for name, *_ in wanted} - set(BENCHMARKS):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    for name, _, size in wanted:
        BENCHMARKS[name](*([int(size)] if size else []))
