"""A live site in real processes, as its clients and the system see it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "ragsite" / "demo" / "samples"


@dataclass
class Site:
    """A running site and an account on it."""

    url: str
    data_dir: Path
    log: Path
    process: subprocess.Popen
    token: str = ""
    email: str = ""
    password: str = ""

    @property
    def api(self):
        """HTTP client of the REST API with the account's token."""
        return httpx.Client(
            base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {self.token}"}, timeout=30
        )

    def family(self):
        """Living processes of the site, the supervisor first."""
        with contextlib.suppress(psutil.NoSuchProcess):
            supervisor = psutil.Process(self.process.pid)
            return [supervisor, *supervisor.children(recursive=True)]
        return []

    def processes(self, *words):
        """Processes of the site whose command line holds all `words`."""
        return [process for process in self.family() if all(word in " ".join(cmdline(process)) for word in words)]

    def output(self):
        """What the site printed so far."""
        return self.log.read_text(errors="replace")


def cmdline(process):
    """Command line of a process; empty for one that has ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def wait_until(condition, seconds, what, site=None, *, pause=0.1):
    """The first true value of `condition`; fails with `what` (and the site's output) after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.TransportError):
            if value := condition():
                return value
        if time.monotonic() > deadline or (site and site.process.poll() is not None):
            pytest.fail(f"{what} did not come true within {seconds} s\n{site.output()[-4000:] if site else ''}")
        time.sleep(pause)


def start(data_dir, *command, **environment):
    """A site on `data_dir` and a free port, with an account; returns when it answers."""
    data_dir.mkdir(parents=True, exist_ok=True)
    port = free_port()
    env = {key: value for key, value in os.environ.items() if not key.startswith(("RAGSITE_", "DJANGO_"))}
    env |= {"RAGSITE_DATA_DIR": str(data_dir), "RAGSITE_PORT": str(port), "RAGSITE_WORKERS": "2", **environment}
    log = data_dir.with_suffix(".log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *(command or ("up",))],
            cwd=ROOT,
            env=env,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    site = Site(f"http://127.0.0.1:{port}", data_dir, log, process)
    wait_until(lambda: httpx.get(f"{site.url}/v1/system/ping").text == "pong", 60, "the first answer", site)
    site.email, site.password = f"{uuid.uuid4().hex}@example.org", "correct horse"
    site.token = account(site)
    return site


def stop(site, seconds=30):
    """End a site in order, or by force."""
    if site.process.poll() is None:
        site.process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        site.process.wait(seconds)
    if site.process.poll() is None:
        site.process.kill()
        site.process.wait()


def account(site):
    """Register, log in, and make an API token, as a client does; returns the token."""
    secret = {"email": site.email, "password": site.password}
    httpx.post(f"{site.url}/v1/user/register", json={"nickname": "Flow", **secret}).raise_for_status()
    login = httpx.post(f"{site.url}/v1/user/login", json=secret).raise_for_status()
    token = httpx.post(f"{site.url}/v1/system/new_token", headers={"Authorization": login.headers["Authorization"]})
    return token.raise_for_status().json()["data"]["token"]


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
