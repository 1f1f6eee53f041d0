"""Live sites in real processes, each with its own data directory and port, as `manage.py up` runs them."""

import pytest

from tests.flows.live import start, stop


@pytest.fixture(scope="module")  # not longer: a site that is left with work to do takes the time of all other tests
def launch(tmp_path_factory):
    """Start sites; all are stopped at the end."""
    sites = []

    def launch(*command, **environment):
        sites.append(start(tmp_path_factory.mktemp("site"), *command, **environment))
        return sites[-1]

    yield launch
    for site in sites:
        stop(site)


@pytest.fixture(scope="module")
def site(launch):
    """A site that the tests of a file share."""
    return launch()
