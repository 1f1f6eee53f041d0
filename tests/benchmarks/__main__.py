"""Run all benchmarks, or those named: `python -m tests.benchmarks ingestion retrieval`."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ragsite.settings.test")

import django

django.setup()

from tests.benchmarks import bench_api, bench_ingestion, bench_retrieval  # noqa: E402

BENCHMARKS = {"api": bench_api.main, "ingestion": bench_ingestion.main, "retrieval": bench_retrieval.main}

if __name__ == "__main__":
    wanted = sys.argv[1:] or list(BENCHMARKS)
    if unknown := set(wanted) - set(BENCHMARKS):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    for name in wanted:
        BENCHMARKS[name]()
