"""Ragsite's own settings (`RAG_*`) and limits, each with its unit; imported by `base`."""

import os
from pathlib import Path

import environ

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# Where everything that must survive lives: database, queue, files, secrets, logs.
RAG_DATA_DIR = Path(env.str("RAGSITE_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()

RAG_HOST: str = env.str("RAGSITE_HOST", default="127.0.0.1")
RAG_PORT: int = env.int("RAGSITE_PORT", default=9380)
RAG_WORKERS: int = env.int("RAGSITE_WORKERS", default=max(1, min(4, os.cpu_count() or 1)))
RAG_WEB_PROCESSES: int = env.int("RAGSITE_WEB_PROCESSES", default=max(1, min(2, os.cpu_count() or 1)))

# What this process is: `prepare`, `web`, `worker`, `sweeper` (set by `manage.py up`) or `command`. Decides its database
# time-outs, and whether it loads the console.
RAG_PROCESS: str = env.str("RAGSITE_PROCESS", default="command")

# HTTP status of errors: `truthful`, or `reference` for clients that expect 200 with a code in the body.
RAG_HTTP_STATUS: str = env.str("RAGSITE_HTTP_STATUS", default="truthful")

RAG_REGISTRATION: bool = env.bool("RAGSITE_REGISTRATION", default=True)

# Token values can be shown again by the list endpoint; False keeps digests only.
RAG_TOKENS_READABLE: bool = env.bool("RAGSITE_TOKENS_READABLE", default=True)

# Private addresses that models may be called at: `host:port` or networks in CIDR form.
RAG_PRIVATE_ENDPOINTS: list[str] = env.list("RAGSITE_PRIVATE_ENDPOINTS", default=[])

# The reverse proxies, addresses or networks, whose X-Forwarded-For tells who calls; from anybody else it is ignored.
RAG_TRUSTED_PROXIES: list[str] = env.list("RAGSITE_TRUSTED_PROXIES", default=[])

# Web pages, by their origin, whose scripts may call the API with a token of theirs; empty: none.
RAG_CORS_ORIGINS: list[str] = env.list("RAGSITE_CORS_ORIGINS", default=[])

# A directory with more local models, each `model.onnx + tokenizer.json + config.json`; empty: the bundled one only.
RAG_MODELS_DIR: str = env.str("RAGSITE_MODELS_DIR", default="")

# An Elasticsearch (8.19 or newer of 8) whose index is kept equal to the passages; empty: there is none. User and
# password may be part of the address, or there is an API key; `CA` is a file of certificates that its own is signed by.
RAG_ELASTICSEARCH_URL: str = env.str("ELASTICSEARCH_URL", default="")
RAG_ELASTICSEARCH_API_KEY: str = env.str("RAGSITE_ELASTICSEARCH_API_KEY", default="")
RAG_ELASTICSEARCH_CA: str = env.str("RAGSITE_ELASTICSEARCH_CA", default="")
# The alias of that index, and the beginning of its name; sites that share an Elasticsearch need different ones.
RAG_ELASTICSEARCH_INDEX: str = env.str("RAGSITE_ELASTICSEARCH_INDEX", default="ragsite")
RAG_ELASTICSEARCH_SHARDS: int = env.int("RAGSITE_ELASTICSEARCH_SHARDS", default=1)

# What proposes the passages of an answer: `pgvector` (in the database) or `elasticsearch`.
RAG_ENGINE: str = env.str("RAGSITE_ENGINE", default="elasticsearch" if RAG_ELASTICSEARCH_URL else "pgvector")

# Threads of one embedding session: cores are shared between the workers.
RAG_EMBED_THREADS: int = env.int("RAGSITE_EMBED_THREADS", default=max(1, (os.cpu_count() or 1) // max(1, RAG_WORKERS)))

# A search is given up after that long, also where a statement of a web process might take longer.
RAG_SEARCH_SECONDS: float = env.float("RAGSITE_SEARCH_SECONDS", default=10.0)

# Memory of PostgreSQL that the build of an index of vectors may take, where that is more than it has for such work.
RAG_INDEX_MEMORY_MB: int = env.int("RAGSITE_INDEX_MEMORY_MB", default=2048)

# A bucket for the files, of Amazon S3 or of a server that speaks its protocol; empty: they are on the disk. Without an
# endpoint it is Amazon's, without keys whatever boto3 finds (the role of the machine, for one).
RAG_S3_BUCKET: str = env.str("RAGSITE_S3_BUCKET", default="")
RAG_S3_ENDPOINT: str = env.str("RAGSITE_S3_ENDPOINT", default="")
RAG_S3_REGION: str = env.str("RAGSITE_S3_REGION", default="us-east-1")
RAG_S3_ACCESS_KEY: str = env.str("RAGSITE_S3_ACCESS_KEY", default="")
RAG_S3_SECRET_KEY: str = env.str("RAGSITE_S3_SECRET_KEY", default="")
RAG_S3_PATH_STYLE: bool = env.bool("RAGSITE_S3_PATH_STYLE", default=bool(RAG_S3_ENDPOINT))

# Where bytes are that are on their way in: on the disk of the stored files, so that they become one by a rename.
RAG_SCRATCH_DIR = RAG_DATA_DIR / "files" / ".incoming"

# Where web processes count what `/metrics` tells.
RAG_METRICS_DIR = RAG_DATA_DIR / "run" / "metrics"

# Streams of events and waits (`?wait=`) that one web process serves at once, and how many of them one user may have.
RAG_STREAMS: int = env.int("RAGSITE_STREAMS", default=200)
RAG_STREAMS_PER_USER: int = env.int("RAGSITE_STREAMS_PER_USER", default=20)
# A stream ends after that long, and its client comes back: so streams spread over the processes of a site that grew.
RAG_STREAM_SECONDS: int = env.int("RAGSITE_STREAM_SECONDS", default=3600)
RAG_WAIT_SECONDS: int = 60  # the longest `?wait=`

# Connections of a web process to the database; a request that finds none free waits for one.
RAG_WEB_CONNECTIONS: int = env.int("RAGSITE_WEB_CONNECTIONS", default=max(4, min(12, 36 // max(1, RAG_WEB_PROCESSES))))
RAG_CONNECTION_SECONDS: float = 10.0  # that it waits at most

# Requests that ingestion sends to one endpoint of a remote model at the same time, by all workers together.
RAG_ENDPOINT_CONCURRENCY: int = max(1, env.int("RAGSITE_ENDPOINT_CONCURRENCY", default=4))

# --- limits -----------------------------------------------------------------------------------------------------------

RAG_UPLOAD_BYTES: int = env.int("RAGSITE_UPLOAD_BYTES", default=1 << 30)  # bytes of one file
# Bytes of one upload request with all its files.
RAG_REQUEST_BYTES: int = env.int("RAGSITE_REQUEST_BYTES", default=4 << 30)
# The addresses that take files, as regular expressions of the whole path. Everywhere else a file is refused unread:
# login forms read their bodies before anybody is known.
RAG_UPLOAD_PATHS = [
    r"/api/v1/datasets/[^/]+/documents",
    r"/api/v1/datasets/[^/]+/test_sets/[^/]+/import",
    r"/v1/document/upload",
    r"/admin/documents/document/add/",
    r"/admin/documents/questionset/[^/]+/import/",
]
RAG_BODY_BYTES: int = env.int("RAGSITE_BODY_BYTES", default=16 << 20)  # bytes of one JSON body
RAG_FILES_PER_UPLOAD: int = env.int("RAGSITE_FILES_PER_UPLOAD", default=1024)  # files of one request
RAG_JSON_DEPTH = 64  # levels of nesting

# What one request may evaluate of a test set: searches (questions times settings), and the seconds that they may take,
# fewer than proxies wait for an answer.
RAG_EVALUATION_SEARCHES: int = env.int("RAGSITE_EVALUATION_SEARCHES", default=1000)
RAG_EVALUATION_SECONDS: float = env.float("RAGSITE_EVALUATION_SECONDS", default=50.0)

# What a tenant may have, unless the console gives it quotas of its own; 0: any number.
RAG_QUOTAS: dict[str, int] = {
    "documents": env.int("RAGSITE_QUOTA_DOCUMENTS", default=1_000_000),  # that are stored
    "bytes": env.int("RAGSITE_QUOTA_BYTES", default=1 << 40),  # of their files
    "queued_documents": env.int("RAGSITE_QUOTA_QUEUED_DOCUMENTS", default=100_000),  # that wait or are ingested
    "queued_bytes": env.int("RAGSITE_QUOTA_QUEUED_BYTES", default=100 << 30),  # of their files
}

# --- ingestion --------------------------------------------------------------------------------------------------------

RAG_LEASE_SECONDS: float = env.float("RAGSITE_LEASE_SECONDS", default=15.0)
RAG_HEARTBEAT_SECONDS: float = env.float("RAGSITE_HEARTBEAT_SECONDS", default=0.5)
# Wall clock of one try of one document's parser; two tries and their pause stay within a minute.
RAG_PARSE_SECONDS: float = env.float("RAGSITE_PARSE_SECONDS", default=25.0)
RAG_PARSE_BYTES: int = env.int("RAGSITE_PARSE_BYTES", default=1 << 30)  # address space of the parser child
RAG_WAKE_SECONDS: float = env.float("RAGSITE_WAKE_SECONDS", default=300.0)  # a wake stops claiming after that long
RAG_BLOB_GRACE_SECONDS: float = env.float("RAGSITE_BLOB_GRACE_SECONDS", default=3600.0)  # before dead bytes are removed

# Hours that the vectors a reindexed dataset was served by before are kept, so that one can go back.
RAG_REINDEX_KEPT_HOURS: float = env.float("RAGSITE_REINDEX_KEPT_HOURS", default=72.0)

RAG_EMBEDDED_FSYNC = True  # the test suite turns it off for its own throw-away cluster
