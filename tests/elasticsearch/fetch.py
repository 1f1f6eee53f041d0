"""Fetches an Elasticsearch to test against: the build that its makers publish for integration tests, by Maven.

It is the server with few modules: no scripts, no `rank_features`, no reindexing API. What passes here needs none.
"""

import hashlib
import shutil
import subprocess
from pathlib import Path

VERSION = "8.19.3"
SHA256 = "c4b08b70523700efde9f3e4c9287229f085c2c0db1efca5c6a7d65abbdb9f2e1"
COORDINATES = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
CACHE = Path.home() / ".cache" / "ragsite" / "elasticsearch"
ARCHIVE = (
    CACHE / "org/elasticsearch/distribution/integ-test-zip/elasticsearch" / VERSION / f"elasticsearch-{VERSION}.zip"
)


def missing_programs() -> list[str]:
    """What this machine lacks to fetch and run it."""
    return [program for program in ("mvn", "java") if shutil.which(program) is None]


def archive() -> Path:
    """The archive, fetched once (87 MiB) and checked each time."""
    if not ARCHIVE.exists():
        subprocess.run(
            ["mvn", "-q", "-B", f"-Dmaven.repo.local={CACHE}", "dependency:get", "-Dtransitive=false",
             f"-Dartifact={COORDINATES}"],
            check=True,
        )  # fmt: skip
    with ARCHIVE.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise RuntimeError(f"{ARCHIVE} is {found}, not {SHA256}: remove it and try again")
    return ARCHIVE


if __name__ == "__main__":
    print(archive())
