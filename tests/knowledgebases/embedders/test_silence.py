"""What the libraries of the models would tell others."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
EMBED = "from knowledgebases.embedders import local_embedder; local_embedder().embed(['x'])"


def test_embedding_leaves_nothing_behind_that_would_be_sent_to_somebody(tmp_path):
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}

    subprocess.run([sys.executable, "-c", EMBED], env=environment, check=True, timeout=120)

    assert list(tmp_path.rglob("*")) == []
