"""What has a site's workers start the child that misbehaves, from outside: the product has no switch for it."""

import sys

from django.apps import AppConfig


class Poisoned(AppConfig):
    """Workers whose parser child is `tests.flows.poison.child`, confined as the product's."""

    name = "tests.flows.poison"
    label = "poison"

    def ready(self):
        from documents.sandbox import Sandbox

        Sandbox.__init__.__kwdefaults__["command"] = (sys.executable, "-B", "-s", "-m", "tests.flows.poison.child")
