"""A bucket to test against: SeaweedFS, a real server that speaks the protocol of S3, on the loopback alone."""

import json
import subprocess
import sysconfig
import time
from contextlib import suppress
from pathlib import Path

import boto3
import httpx

from tests.flows.live import free_port

WEED = Path(sysconfig.get_path("scripts")) / "weed"
BUCKET, ACCESS_KEY, SECRET_KEY = "ragsite", "AKIAOTTERS", "a secret of otters"
_IDENTITY = {
    "name": "ragsite",
    "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
    "actions": ["Read", "Write", "List"],
}
_PORTS = ("master.port", "filer.port", "volume.port", "admin.port", "s3.port")


class BucketServer:
    """A server with one bucket, its data in `folder`; may be killed and started again."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._ports = {name: free_port() for port in _PORTS for name in (port, f"{port}.grpc")}
        self._process: subprocess.Popen | None = None
        (folder / "identities.json").write_text(json.dumps({"identities": [_IDENTITY]}))

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._ports['s3.port']}"

    @property
    def environment(self) -> dict[str, str]:
        """Settings of a site that keeps its files here."""
        return {
            "RAGSITE_S3_BUCKET": BUCKET,
            "RAGSITE_S3_ENDPOINT": self.endpoint,
            "RAGSITE_S3_ACCESS_KEY": ACCESS_KEY,
            "RAGSITE_S3_SECRET_KEY": SECRET_KEY,
        }

    def options(self, **other: str) -> dict[str, str]:
        """Options of an ObjectStorage."""
        return {
            "bucket_name": BUCKET,
            "endpoint_url": self.endpoint,
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
            "region_name": "us-east-1",
            "addressing_style": "path",
            **other,
        }

    def start(self) -> None:
        """Start it; returns when the bucket can be written to."""
        ports = [f"-{name}={port}" for name, port in self._ports.items()]
        quiet = [
            "-master.telemetry=false",
            "-admin.ui=false",
            "-webdav=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ]
        local = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={self._folder}"]
        bucket = [f"-bucket={BUCKET}", f"-s3.config={self._folder / 'identities.json'}"]
        # Sockets have short names, whatever the folder's.
        sockets = ["-filer.localSocket=filer.sock", "-s3.localSocket=s3.sock"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [WEED, "mini", *local, *ports, *bucket, *quiet, *sockets], cwd=self._folder, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 30
        while not self._takes_objects():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError((self._folder / "log").read_text()[-4000:])
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def keys(self) -> set[str]:
        """All objects of the bucket."""
        pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return {entry["Key"] for page in pages for entry in page.get("Contents", ())}

    def _takes_objects(self) -> bool:
        with suppress(httpx.TransportError):
            if httpx.get(self.endpoint).status_code >= 500:
                return False
            with suppress(Exception):  # whatever is not up yet
                self._client().put_object(Bucket=BUCKET, Key="started", Body=b"")
                self._client().delete_object(Bucket=BUCKET, Key="started")
                return True
        return False

    def _client(self):
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name="us-east-1",
        )
