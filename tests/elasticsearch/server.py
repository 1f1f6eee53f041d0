"""A real Elasticsearch of one node, on the loopback alone; all that it writes is thrown away."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import httpx

from tests.elasticsearch import fetch
from tests.flows.live import free_port

SETTINGS = """
cluster.name: ragsite-test
discovery.type: single-node
network.host: 127.0.0.1
http.port: {http}
transport.port: {transport}
xpack.security.enabled: false
cluster.routing.allocation.disk.threshold_enabled: false
path.data: {home}/data
path.logs: {home}/logs
"""


class ElasticsearchServer:
    """A server that may be stopped and started again with what it had."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="ragsite-elasticsearch-"))
        self._http, self._transport = free_port(), free_port()
        self._process: subprocess.Popen | None = None
        self._unpack()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http}"

    def start(self) -> None:
        """Start it; returns when it serves."""
        java = Path(shutil.which("java")).resolve().parents[1]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._home),
            "ES_JAVA_HOME": str(java),
            "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
        }
        with (self._home / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [self._program / "bin" / "elasticsearch"],
                cwd=self._home,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **self._account(),
            )
        deadline = time.monotonic() + 120
        while not self._serves():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError((self._home / "output").read_text()[-4000:])
            time.sleep(0.2)

    def stop(self) -> None:
        """End it, with all its processes."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """End it for good."""
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def _unpack(self) -> None:
        with zipfile.ZipFile(fetch.archive()) as packed:
            packed.extractall(self._home)
        self._program = self._home / f"elasticsearch-{fetch.VERSION}"
        for script in [*self._program.glob("bin/*"), *self._program.glob("modules/*/bin/*")]:
            script.chmod(0o755)
        settings = SETTINGS.format(http=self._http, transport=self._transport, home=self._home)
        (self._program / "config" / "elasticsearch.yml").write_text(settings)
        if account := self._account():  # it refuses to be run by root
            for path in [self._home, *self._home.rglob("*")]:
                os.chown(path, account["user"], account["group"])

    def _account(self) -> dict[str, object]:
        if os.geteuid() != 0:
            return {}
        nobody = pwd.getpwnam("nobody")
        return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def _serves(self) -> bool:
        with suppress(httpx.TransportError):
            answer = httpx.get(f"{self.url}/_cluster/health", params={"wait_for_status": "yellow"}, timeout=5)
            return answer.status_code == 200
        return False
