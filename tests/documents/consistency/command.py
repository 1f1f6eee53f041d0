"""The command that finds and repairs."""

import json

from django.core.management import call_command


def fsck(*options):
    """Exit code and findings of the command."""
    lines = []

    class Out:
        def write(self, text):
            lines.extend(text.splitlines())

    try:
        call_command("fsck", "--json", "--grace=0", "--checksums", *options, stdout=Out())
        code = 0
    except SystemExit as end:
        code = end.code
    *found, summary = map(json.loads, lines)
    assert summary["findings"] == len(found)
    return code, found
