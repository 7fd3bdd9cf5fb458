"""The revisit policy: when an address is asked again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.revisiting import (
    DAY_S,
    KnownUrl,
    Refresh,
    RevisitPolicy,
    has_changed,
    is_sampled,
    later,
    next_interval,
    why_due,
)

NOW = "2026-03-01T00:00:00.000Z"
PLAIN = RevisitPolicy()
QUIET = KnownUrl("https://site.example/a", "stored", False, True, False, False, later(NOW, 60))


@st.composite
def policies(draw: st.DrawFn) -> RevisitPolicy:
    shortest, first, longest = sorted(draw(st.tuples(*[st.integers(60, 10**8)] * 3)))
    return RevisitPolicy(
        first, shortest, longest, draw(st.floats(0.01, 1)), draw(st.floats(1, 100)), draw(st.floats(0, 1))
    )


intervals = st.integers(60, 10**8)
times = st.floats(-(10**9), 10**9)


@given(policies(), st.lists(st.tuples(st.sampled_from([True, False, None]), times), max_size=40))
def test_whatever_happens_the_interval_stays_within_its_limits(
    policy: RevisitPolicy, visits: list[tuple[bool | None, float]]
) -> None:
    interval = next_interval(None, changed=None, since_s=0, policy=policy)
    assert interval == policy.first_s
    for changed, since in visits:
        interval = next_interval(interval, changed=changed, since_s=since, policy=policy)
        assert policy.shortest_s <= interval <= policy.longest_s


@given(policies(), intervals, times)
def test_a_change_never_makes_it_longer_and_no_change_never_shorter(
    policy: RevisitPolicy, interval: int, since: float
) -> None:
    def after(changed: bool | None) -> int:
        return next_interval(interval, changed=changed, since_s=since, policy=policy)

    assert after(True) <= after(None) <= after(False)


@given(policies(), intervals, intervals, st.sampled_from([True, False, None]), times, times)
def test_it_grows_with_the_interval_before_and_with_the_time_that_passed(
    policy: RevisitPolicy, a: int, b: int, changed: bool | None, since: float, other: float
) -> None:
    shorter, longer = sorted([a, b])
    sooner, later_ = sorted([since, other])
    assert next_interval(shorter, changed=changed, since_s=since, policy=policy) <= next_interval(
        longer, changed=changed, since_s=since, policy=policy
    )
    assert next_interval(a, changed=changed, since_s=sooner, policy=policy) <= next_interval(
        a, changed=changed, since_s=later_, policy=policy
    )


def test_asking_every_day_does_not_make_a_page_look_stable() -> None:
    interval = 7 * DAY_S
    for _ in range(30):
        interval = next_interval(interval, changed=False, since_s=DAY_S, policy=PLAIN)
    assert interval == 7 * DAY_S
    assert next_interval(interval, changed=False, since_s=7 * DAY_S, policy=PLAIN) == 10.5 * DAY_S


@pytest.mark.parametrize(
    ("known", "all_", "due", "new"),
    [
        (QUIET, "all", None, None),
        (replace(QUIET, state="gone"), "all", None, None),
        (replace(QUIET, lists=True), "always", "always", "always"),
        (replace(QUIET, state="waiting", asked=False, revisit_at=None), "new", "new", "new"),
        (replace(QUIET, by_file=True), "new", "new", "new"),
        (replace(QUIET, state="failed", by_file=True), "retry", "retry", "retry"),
        (replace(QUIET, state="waiting"), "retry", "retry", "retry"),
        (replace(QUIET, moved=True), "lastmod", "lastmod", None),
        (replace(QUIET, revisit_at=NOW), "time", "time", None),
        (replace(QUIET, revisit_at=None), "time", "time", None),
        (replace(QUIET, moved=True, revisit_at=NOW), "lastmod", "lastmod", None),
        (replace(QUIET, state="refused", lists=True), None, None, None),
    ],
)
def test_why_an_address_is_asked(known: KnownUrl, all_: str | None, due: str | None, new: str | None) -> None:
    policy = replace(PLAIN, sample=0.0)
    refreshes: tuple[Refresh, ...] = ("all", "due", "new")
    whys = [why_due(known, refresh=one, now=NOW, seed=NOW, policy=policy) for one in refreshes]
    assert whys == [all_, due, new]


@given(st.text(max_size=40), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_a_wider_refresh_asks_whatever_a_narrower_one_does(
    url: str, lists: bool, asked: bool, by_file: bool, moved: bool
) -> None:
    for state in ("waiting", "stored", "redirected", "alias", "gone", "failed", "refused"):
        known = KnownUrl(url, state, lists, asked, by_file, moved, later(NOW, 1))
        asks = [
            why_due(known, refresh=one, now=NOW, seed=NOW, policy=PLAIN) is not None
            for one in ("new", "due", "all")
        ]
        assert asks == sorted(asks)


def test_the_sample_is_a_share_the_same_on_any_machine_and_another_in_each_round() -> None:
    urls = [f"https://site.example/news/view/{n}" for n in range(10_000)]

    def sample(start: str, share: float = 0.02) -> set[str]:
        return {url for url in urls if is_sampled(url, start, share)}

    first, second = sample(NOW), sample(later(NOW, 1))
    assert first == sample(NOW)
    assert 150 < len(first) < 250 and 150 < len(second) < 250
    assert len(first & second) < 20
    assert sample(NOW, 0) == set() and len(sample(NOW, 1)) == len(urls)
    assert "https://site.example/news/view/1" in first  # on this machine as on the one it was seen on


def test_in_time_every_page_is_in_some_sample() -> None:
    policy = replace(PLAIN, sample=0.2)
    rounds = [later(NOW, DAY_S * day) for day in range(200)]
    far = replace(QUIET, revisit_at=later(NOW, DAY_S * 1000))
    whys = {why_due(far, refresh="due", now=NOW, seed=start, policy=policy) for start in rounds}
    assert whys == {None, "sample"}


@pytest.mark.parametrize(
    ("before", "after", "same_target", "content", "changed"),
    [
        ("stored", "stored", True, None, None),
        ("stored", "alias", False, False, False),
        ("alias", "stored", False, True, True),
        ("stored", "gone", True, False, True),
        ("gone", "gone", True, True, False),
        ("gone", "stored", True, False, True),
        ("redirected", "redirected", True, True, False),
        ("redirected", "redirected", False, False, True),
        ("redirected", "stored", False, None, True),
        ("waiting", "stored", True, None, None),
        ("failed", "stored", True, False, False),
        ("failed", "stored", True, True, True),
    ],
)
def test_what_counts_as_a_change(
    before: str, after: str, same_target: bool, content: bool | None, changed: bool | None
) -> None:
    assert has_changed(before, after, same_target=same_target, content_changed=content) is changed
