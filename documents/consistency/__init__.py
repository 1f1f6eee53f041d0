"""Does the database agree with itself, and with the file storage? What `manage.py fsck` asks, and mends.

Each check reads its rows in one statement (one snapshot), so that what others are just writing is no finding, and with
a cursor of the server's, so that memory does not depend on how much there is. A repair looks again under the locks that
the deeds take (document first, dataset last): it may run while the site is at work, and any number of times.
"""

from documents.consistency.base import Check, Finding, Scope
from documents.consistency.examining import CHECKS, Outcome, examine

__all__ = ["CHECKS", "Check", "Finding", "Outcome", "Scope", "examine"]
