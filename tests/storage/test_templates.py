"""Templates and counting by themselves: whatever text is thrown at them."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.borders import split
from storage.content import content_of, digests, restored, same, separated
from storage.counting import About, Occurrence, find_templates
from storage.templates import Template, TemplateSet
from tests.storage.build import article, sections

PHRASE = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)
LITERAL = PHRASE.filter(lambda text: "{" not in text and "}" not in text)


@given(LITERAL, PHRASE, LITERAL)
def test_what_is_filled_in_is_found_again(before: str, value: str, after: str) -> None:
    template = Template(f"{before}{{slot}}{after}")
    text = template.fill({"slot": value})
    assert text == before + value + after
    slots = template.match(text)
    if len(value.split()) <= 12:
        assert slots is not None
    if slots is not None:
        assert template.fill(dict(slots)) == text


@given(st.lists(PHRASE, max_size=4), st.lists(PHRASE, max_size=4))
def test_setting_apart_and_putting_back_changes_no_text(paragraphs: list[str], templates: list[str]) -> None:
    content = content_of(article(sections=sections("Own."), unplaced=tuple(paragraphs)), "1")
    known = TemplateSet([*templates, *paragraphs[:2]])
    apart = separated(content, known, {})
    assert restored(apart) == content
    assert separated(restored(apart), known, {}) == apart
    assert same(digests(content), digests(content))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), PHRASE.map(lambda text: text * 3), st.booleans()), max_size=40))
def test_counting_takes_any_text(seen: list[tuple[int, str, bool]]) -> None:
    about = {n: About() for n in range(10)}
    found = find_templates([Occurrence(n, text, loose) for n, text, loose in seen], about, 10)
    again = find_templates([Occurrence(n, text, loose) for n, text, loose in reversed(seen)], about, 10)
    assert found == again


@given(st.lists(st.sampled_from(["ab", "b", "a", "bc", "c"]), max_size=6))
def test_a_split_is_the_only_way_to_read_it(pieces: list[str]) -> None:
    known = {"ab", "b", "a", "bc", "c"}
    found = split("".join(pieces), known)
    assert found is None or found == tuple(pieces)


def test_a_long_glued_text_takes_no_time() -> None:
    begun = time.perf_counter()
    assert split("ab" * 5000, {"a", "b", "ab", "abab"}) is None
    assert time.perf_counter() - begun < 1


def words(draw: Random, count: int) -> str:
    return " ".join("".join(draw.choices("abcdefghij", k=draw.randint(2, 8))) for _ in range(count))


def test_a_large_archive_whose_paragraphs_begin_alike_is_counted_in_no_time() -> None:
    draw = Random(1)
    seen = [Occurrence(n, f"This study is important because {words(draw, 60)}.", False) for n in range(3000)]
    line = "This study is important because it was retold by {} of our volunteers in plain words."
    seen += [Occurrence(n, line.format(words(draw, 2)), False) for n in range(1500)]
    begun = time.perf_counter()
    found = find_templates(seen, {n: About() for n in range(3000)}, 3000)
    assert list(found) == [line.replace("{}", "{text}")]
    assert time.perf_counter() - begun < 10


@pytest.mark.parametrize("text", ["", "{", "{}", "{{a}}", "{a}{b}"])
def test_odd_templates_do_no_harm(text: str) -> None:
    assert Template(text).match("x" * 50) is None or "{" in text
    assert TemplateSet([text]).match("nothing of the kind") is None or "{" in text
