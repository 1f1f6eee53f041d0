"""Settings of a site whose parsers do the deeds of `tests.flows.poison.child`."""

from ragsite.settings.base import *  # noqa: F403
from ragsite.settings.base import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.flows.poison.apps.Poisoned"]
