"""Settings of a site that publishes without a transaction: every statement is committed on its own."""

from ragsite.settings.base import *  # noqa: F403
from ragsite.settings.base import DATABASES, INSTALLED_APPS

DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True  # those need a transaction
INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.sabotage.apps.Torn"]
