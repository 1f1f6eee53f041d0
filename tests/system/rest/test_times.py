from datetime import UTC, datetime, timedelta, timezone

from system.rest import times

MOMENT = datetime(2025, 3, 11, 14, 37, 23, 456_000, tzinfo=timezone(timedelta(hours=1)))


def test_times_as_the_wire_shows_them():
    assert times.milliseconds(MOMENT) == 1741700243456
    assert times.http(MOMENT) == "Tue, 11 Mar 2025 13:37:23 GMT"
    assert times.plain(MOMENT.astimezone(UTC)) == times.plain(MOMENT) == "2025-03-11 13:37:23"
