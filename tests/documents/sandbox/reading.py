"""Reading files and drawing pictures in a sandbox, with the options that most tests do not care about."""

import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[3]
POISON = (sys.executable, "-B", str(ROOT / "tests" / "documents" / "poison.py"))
MIB = 1024**2


def parse(sandbox, path, *, name="file.txt", alive=lambda: True, timeout=20.0):
    (window,) = windows(sandbox, path, name=name, alive=alive, timeout=timeout)
    return window.parsed


def windows(sandbox, path, *, name="file.txt", cursor=None, alive=lambda: True, timeout=20.0):
    return sandbox.windows(path, name=name, config={}, cursor=cursor, alive=alive, timeout=timeout)


def said(sandbox, path, **options):
    return [window.parsed.text for window in windows(sandbox, path, **options)]


def draw(sandbox, path, *, alive=lambda: True, timeout=20.0):
    return sandbox.draw(path, name="bad.pdf", side=256, alive=alive, timeout=timeout)


def gone(pid):
    """Whether a process has ended; waits a moment for the kernel."""
    try:
        psutil.Process(pid).wait(timeout=5)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True
