"""The profile's `[revisit]`: how often pages are asked again."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.session import revisit_policy
from spiders.reading.profile import ProfileError, Revisit
from spiders.sites import load_profile, profile_names
from storage.revisiting import RevisitPolicy


def revisit(tmp_path: Path, lines: str) -> Revisit:
    path = tmp_path / "own.toml"
    path.write_text(f'extends = "sample"\nname = "own"\n[revisit]\n{lines}\n')
    return load_profile(str(path)).revisit


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_that_comes_along_has_the_written_policy(name: str) -> None:
    assert load_profile(name).revisit == Revisit(7, 1, 90, 0.5, 1.5, 0.02)
    assert revisit_policy(load_profile(name)) == RevisitPolicy()


def test_a_profile_changes_what_it_names(tmp_path: Path) -> None:
    assert revisit(tmp_path, "first = 2.5\nsample = 1") == Revisit(first=2.5, sample=1.0)


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("first = 0.5", "revisit must have shortest <= first <= longest"),
        ("longest = 5", "revisit must have shortest <= first <= longest"),
        ("shortest = 0", "revisit shortest must be at least 0.001 (days)"),
        ("shortest = -1", "revisit shortest must be at least 0.001 (days)"),
        ("longest = 1e300", "revisit longest must be at most 3,650 (days)"),
        ("longest = inf", "revisit longest must be at most 3,650 (days)"),
        ("first = nan", "revisit must have shortest <= first <= longest"),
        ("shorter = 0", "revisit shorter must be above 0 and at most 1"),
        ("shorter = 1.1", "revisit shorter must be above 0 and at most 1"),
        ("longer = 0.9", "revisit longer must be from 1 to 100"),
        ("longer = nan", "revisit longer must be from 1 to 100"),
        ("sample = 2", "revisit sample must be from 0 to 1"),
        ('first = "7 days"', "revisit.first must be a number"),
        ("sample = true", "revisit.sample must be a number"),
        ("frist = 7", "revisit.frist: not one of first, shortest, longest, shorter, longer, sample"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(tmp_path: Path, lines: str, complaint: str) -> None:
    with pytest.raises(ProfileError) as caught:
        revisit(tmp_path, lines)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
