import pytest
from django.core.management import CommandError, call_command


@pytest.mark.parametrize("workers", [0, -1])
def test_a_crew_of_nobody_is_refused(workers):
    with pytest.raises(CommandError, match="There is nothing to run"):
        call_command("work", workers=workers)
