"""Run all benchmarks but the long ones, or those named: `python -m tests.benchmarks ingestion quality`."""

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
    bench_quality,
    bench_queue,
    bench_reindex,
    bench_scale,
    bench_streams,
    bench_through_api,
    bench_watch,
)

BENCHMARKS = {
    "api": bench_api.main,
    "cancel": bench_cancel.main,
    "ingestion": bench_ingestion.main,
    "parsing": bench_parsing.main,
    "memory": bench_memory.main,
    "publishing": bench_publishing.main,
    "quality": bench_quality.main,
    "queue": bench_queue.main,
    "reindex": bench_reindex.main,
    "scale": bench_scale.main,
    "streams": bench_streams.main,
    "through_api": bench_through_api.main,
    "watch": bench_watch.main,
}

# These take hours at their own sizes, or most of one: they run where they are named.
LONG = {"memory", "reindex", "scale", "through_api"}

if __name__ == "__main__":
    # A size, or names, may follow the name: `memory=100`, `quality=cranfield,xquad-en`.
    wanted = [name.partition("=") for name in sys.argv[1:] or BENCHMARKS if sys.argv[1:] or name not in LONG]
    if unknown := {name for name, *_ in wanted} - set(BENCHMARKS):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    for name, _, given in wanted:
        arguments = [int(given)] if given.isdecimal() else given.split(",") if given else []
        BENCHMARKS[name](*arguments)
