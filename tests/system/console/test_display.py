from datetime import timedelta

import pytest
from django.utils import timezone

from system.console.display import Tone, ago, badge, bar, line, link, live

EVIL = "<script>alert(1)</script>\"'"


@pytest.mark.parametrize(
    "shown",
    [badge(EVIL, Tone.BAD), line(EVIL), link("/x", EVIL), live(EVIL, EVIL), link(EVIL, "x")],
    ids=["badge", "line", "link", "live", "address"],
)
def test_what_comes_from_outside_is_escaped(shown):
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert "&quot;" in shown


@pytest.mark.parametrize(("fraction", "percent"), [(-1, 0), (0.004, 0), (0.375, 38), (1, 100), (7, 100)])
def test_a_bar_shows_whole_percent_of_the_way(fraction, percent):
    assert f'value="{percent}"' in bar(fraction, Tone.BUSY)
    assert f"{percent} %" in bar(fraction, Tone.BUSY)


def test_a_long_line_is_cut_and_whole_on_hover():
    shown = line("word " * 100, length=20)

    assert ">word word word word…<" in shown
    assert "word " * 99 in shown


@pytest.mark.parametrize(
    ("ahead", "shown"),
    [
        (timedelta(seconds=-3), "just now"),
        (timedelta(minutes=-5), "5 minutes ago"),
        (timedelta(days=6, hours=1), "in 6 days"),
    ],
    ids=["now", "past", "future"],
)
def test_moments_are_told_from_here(ahead, shown):
    assert f">{shown}<" in ago(timezone.now() + ahead)


def test_no_moment_is_never():
    assert ">never<" in ago(None)


def test_only_what_runs_is_asked_for_again():
    assert "data-running" in live("1:run", "x", running=True)
    assert "data-running" not in live("1:run", "x")
