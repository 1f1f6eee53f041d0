"""Settings of a site without the fence: a worker that was stopped, or whose task was canceled, goes on."""

from ragsite.settings.base import *  # noqa: F403
from ragsite.settings.base import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.sabotage.apps.Unfenced"]
