"""Saving pages: one transaction each, the same archive whatever is saved twice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from storage import compare
from storage.bodies import BodyReader
from storage.dialects import refusals
from storage.records import CardRecord, FoundRecord, JournalRecord, RatingRecord, SectionRecord, UrlOutcome
from storage.run_record import KILLED
from tests.storage.build import T0, House, article, at, card, page, sections, topics, url_of


def test_a_page_is_saved_whole(house: House) -> None:
    saved = house.save(article(), cards=(card("cArd01"),), body=b"<p>" * 200)
    assert (saved.article_id, saved.new_article, saved.new_revision) == ("aB3dE6", True, True)
    row = house.row(
        "SELECT title, journal, credibility, credibility_scale, topics, revision, captures FROM articles"
    )
    assert row == ("A title aB3dE6", "Brain, Behavior & Cells", 4.0, 5.0, '["Iron","Memory"]', 1, 1)
    assert house.rows("SELECT kind, heading, text FROM article_sections ORDER BY position") == [
        ("findings", "What They Found", "Cells of aB3dE6 moved."),
        ("audience", "Who Should Care and Why", "People who wait."),
    ]
    assert house.rows("SELECT topic, topic_group FROM article_topics ORDER BY position") == [
        ("Iron", "iron"),
        ("Memory", "memory"),
    ]
    assert house.rows("SELECT template, heading, source, articles FROM boilerplate") == [
        ("Papers in {journal} range widely.", "About research", "profile", 1)
    ]
    assert house.rows("SELECT position, target_id, date FROM article_cards") == [(1, "cArd01", "2026-01-01")]
    assert house.row("SELECT state, told_by, http_status, due_at FROM urls") == ("stored", "seed", 200, None)
    with house.archive.engine.connect() as connection, BodyReader(house.archive, connection) as bodies:
        assert bodies.read(saved.capture_id) == b"<p>" * 200


def test_the_same_page_again_adds_a_capture_and_nothing_else(house: House) -> None:
    record = article()
    house.save(record, cards=(card("cArd01"),))
    before = compare.archive_digest(house.archive)
    again = house.save(record, cards=(card("cArd01"),), when=at(60))
    assert (again.new_article, again.new_revision, again.new_urls) == (False, False, 0)
    assert compare.archive_digest(house.archive) == before
    assert house.value("SELECT count(*) FROM captures") == 2
    assert house.rows("SELECT record_type, refers_to FROM captures ORDER BY id") == [
        ("resource", None),
        ("revisit", 1),
    ]
    assert house.row("SELECT first_seen_at, last_seen_at FROM articles") == (T0, at(60))


def test_bodies_come_back_byte_for_byte_whatever_they_are(house: House) -> None:
    bodies = [b"", b"x", b"a" * 100_000, bytes(range(256)) * 40]
    ids = [house.save(article(), body=body, when=at(n)).capture_id for n, body in enumerate(bodies)]
    with house.archive.engine.connect() as connection, BodyReader(house.archive, connection) as reader:
        assert [reader.read(capture_id) for capture_id in ids] == bodies
        with pytest.raises(KeyError):
            reader.read(999)


def test_addresses_found_on_a_page_are_due_and_know_who_told(house: House) -> None:
    found = (
        FoundRecord(url_of("bB3dE6"), "article", "card", "bB3dE6"),
        FoundRecord("https://else.example/", "page", "link", refused="off-site"),
        FoundRecord(url_of("bB3dE6"), "article", "link", "bB3dE6"),
    )
    assert house.save(article(), found=found).new_urls == 2
    assert house.rows("SELECT state, reason, told_by, depth, due_at FROM urls ORDER BY url") == [
        ("refused", "off-site", "link", 1, None),
        ("stored", "summary", "seed", 0, None),
        ("waiting", "heard of, not asked for yet", "card, link", 1, T0),
    ]


def test_a_known_address_keeps_its_state_and_takes_the_sitemaps_word(house: House) -> None:
    house.save(article("bB3dE6"))
    told = FoundRecord(url_of("bB3dE6"), "article", "sitemap", "bB3dE6", lastmod="2026-02-02")
    saved = house.save(
        url="https://site.example/sitemap.xml", url_kind="sitemap", kind="sitemap", found=(told,)
    )
    assert saved.new_urls == 0
    row = house.row("SELECT state, lastmod, told_by FROM urls WHERE article_id = 'bB3dE6'")
    assert row == ("stored", "2026-02-02", "seed, sitemap")


def test_fewest_clicks_count_whoever_told_first(house: House) -> None:
    deep, top = "https://site.example/a", "https://site.example/"
    house.save(url=top, url_kind="page", kind="other", found=(FoundRecord(deep, "page", "link"),))
    end = FoundRecord("https://site.example/end", "page", "link")
    house.save(url=deep, url_kind="page", kind="other", found=(end,))
    assert house.value("SELECT depth FROM urls WHERE url LIKE '%end'") == 2
    house.save(url=top, url_kind="page", kind="other", found=(end,), when=at(9))
    assert house.value("SELECT depth FROM urls WHERE url LIKE '%end'") == 1


def test_what_the_profile_says_of_an_address_nobody_asked_for_may_change(house: House) -> None:
    top, skip = "https://site.example/", "https://site.example/x"
    house.save(
        url=top, kind="other", url_kind="page", found=(FoundRecord(skip, "page", "link", refused="skipped"),)
    )
    house.save(url=top, kind="other", url_kind="page", found=(FoundRecord(skip, "page", "link"),), when=at(5))
    assert house.row("SELECT state, due_at FROM urls WHERE url = ?", skip) == ("waiting", at(5))
    house.save(
        url=top, kind="other", url_kind="page", found=(FoundRecord(skip, "page", "link", refused="skipped"),)
    )
    assert house.row("SELECT state, due_at FROM urls WHERE url = ?", skip) == ("refused", None)


def test_a_redirect_names_its_target(house: House) -> None:
    old, new = url_of("aB3dE6", "old"), url_of("aB3dE6", "new")
    moved = UrlOutcome("redirected", "HTTP 301", target=new)
    found = (FoundRecord(new, "article", "redirect", "aB3dE6"),)
    house.save(url=old, kind="redirect", outcome=moved, found=found)
    house.save(article(url=new))
    assert house.rows("SELECT state, target FROM urls ORDER BY state") == [
        ("redirected", new),
        ("stored", None),
    ]
    assert house.value("SELECT count(*) FROM articles") == 1


def test_an_alias_is_the_same_article(house: House) -> None:
    canonical = url_of("aB3dE6", "canonical")
    alias = UrlOutcome("alias", "names another", target=canonical)
    house.save(article(url=canonical), url=url_of("aB3dE6", "other"), outcome=alias)
    house.save(article(url=canonical), when=at(1))
    assert house.rows("SELECT id, url, captures FROM articles") == [("aB3dE6", canonical, 2)]
    assert house.row("SELECT state, told_by FROM urls WHERE url = ?", canonical) == ("stored", "canonical")


def test_an_address_that_leads_to_itself_is_no_redirect(house: House) -> None:
    url = url_of("aB3dE6")
    house.save(url=url, kind="redirect", outcome=UrlOutcome("redirected", "HTTP 302", target=url))
    assert house.row("SELECT state, target FROM urls") == ("failed", None)


def test_ids_that_differ_only_in_case_are_two_articles(house: House) -> None:
    house.save(article("aBcDeF"))
    house.save(article("abcdef"))
    assert [row[0] for row in house.rows("SELECT id FROM articles ORDER BY id")] == ["aBcDeF", "abcdef"]


def test_a_gone_article_is_gone_and_may_come_back(house: House) -> None:
    house.save(article())
    gone = UrlOutcome("gone", "HTTP 410")
    house.save(url=url_of("aB3dE6"), kind="gone", outcome=gone, when=at(10))
    house.save(url=url_of("aB3dE6"), kind="gone", outcome=gone, when=at(20))
    assert house.value("SELECT gone_since FROM articles") == at(10)
    assert house.value("SELECT state FROM urls") == "gone"
    house.save(article(), when=at(30))
    assert house.value("SELECT gone_since FROM articles") is None


def test_an_article_is_not_gone_while_another_address_shows_it(house: House) -> None:
    old = url_of("aB3dE6", "old")
    house.save(url="https://site.example/", kind="other", url_kind="page",
               found=(FoundRecord(old, "article", "link", "aB3dE6"),))  # fmt: skip
    house.save(article())
    house.save(url=old, kind="gone", outcome=UrlOutcome("gone", "HTTP 404"))
    assert house.value("SELECT gone_since FROM articles") is None


def test_a_failure_is_tried_again_and_then_given_up(house: House) -> None:
    url = url_of("aB3dE6")
    for n in range(2):
        house.writer.record_failure(url, "timed out", now=at(n), retry_at=at(n + 5))
        row = house.row("SELECT state, attempts, due_at, reason FROM urls")
        assert row == ("waiting", n + 1, at(n + 5), "timed out")
    house.writer.record_failure(url, "timed out", now=at(9), retry_at=None)
    assert house.row("SELECT state, attempts, due_at FROM urls") == ("failed", 3, None)


def test_a_failure_of_a_stored_page_leaves_it_stored_until_given_up(house: House) -> None:
    house.save(article())
    failure = UrlOutcome("failed", "HTTP 503", retry_at=at(5))
    house.save(url=url_of("aB3dE6"), kind="error", outcome=failure, when=at(1))
    assert house.row("SELECT state, attempts, due_at, etag FROM urls") == ("stored", 1, at(5), '"1"')
    house.save(article(), when=at(6))
    assert house.row("SELECT state, attempts, due_at FROM urls") == ("stored", 0, None)


def test_nothing_of_a_page_that_fails_is_kept(house: House) -> None:
    house.save(article())
    before = compare.archive_digest(house.archive), house.rows("SELECT * FROM capture")
    twice = (CardRecord(1, "x", None, None, None, None, None),)
    no_text: Any = 5
    section = SectionRecord("findings", None, (no_text,))
    broken = replace(article("bB3dE6", journal=JournalRecord("New", "new")), sections=(section,))
    with pytest.raises(AttributeError):
        house.save(
            broken,
            url=url_of("bB3dE6"),
            cards=twice,
            found=(FoundRecord("https://a.example/", "page", "link"),),
        )
    assert (compare.archive_digest(house.archive), house.rows("SELECT * FROM capture")) == before
    house.save(article("bB3dE6", journal=JournalRecord("New", "new")), cards=twice)
    assert house.value("SELECT count(*) FROM articles WHERE journal = 'New'") == 1


def test_outside_a_run_nothing_is_saved(house: House) -> None:
    house.writer.end_run("complete", "all done", {})
    with pytest.raises(RuntimeError):
        house.save(article())


def test_a_run_that_was_killed_is_closed_by_the_next(house: House) -> None:
    second = house.begin()
    house.writer.end_run("complete", "all done", {"pages": 3})
    assert house.rows("SELECT id, outcome, reason, counts FROM runs ORDER BY id") == [
        (second - 1, "killed", KILLED, "{}"),
        (second, "complete", "all done", '{"pages": 3}'),
    ]
    assert json.loads(house.value("SELECT settings FROM runs LIMIT 1")) == {"delay": 0}


def test_half_a_surrogate_pair_loses_no_page(house: House) -> None:
    house.save(article(title="Half \ud83d of it", topics=topics("a\udc00")))
    assert house.row("SELECT title, topics FROM articles") == ("Half \ufffd of it", '["a\ufffd"]')


@pytest.mark.parametrize(
    "text", ["\0 nul", "'; DROP TABLE article; --", "{slot} {}", "\u202e bidi", "\U0001f600", '"']
)
def test_odd_text_is_stored_as_printed(house: House, text: str) -> None:
    house.save(article(title=text, takeaway=text, sections=sections(text), topics=topics(text)))
    if house.database is not None:
        text = text.replace("\0", "\ufffd")  # which PostgreSQL can't keep
    assert house.row("SELECT title, takeaway FROM articles") == (text, text)


def test_a_rating_off_its_scale_is_no_rating(house: House) -> None:
    house.save(article(credibility=RatingRecord(6.0, 5.0, "6/5")))
    assert house.value("SELECT credibility FROM articles") is None
    assert house.row("SELECT reason, detail FROM absence WHERE field = 'credibility'") == (
        "found but unreadable",
        "not on its scale: 6/5",
    )


def test_evidence_names_its_capture_and_long_values_are_not_kept_twice(house: House) -> None:
    record = article()
    claim = record.evidence[0]
    long = replace(claim, field="takeaway", value="x" * 300)
    saved = house.save(replace(record, evidence=(claim, long)))
    assert house.rows("SELECT field, value, location, capture_id FROM evidence ORDER BY position") == [
        ("title", "A title aB3dE6", "/html/body/h1", saved.capture_id),
        ("takeaway", None, "/html/body/h1", saved.capture_id),
    ]


def test_an_import_of_older_files_leaves_the_urls_state(house: House) -> None:
    house.save(article(), when=at(50))
    house.save(article(), when=at(10), origin="import")
    assert house.row("SELECT last_tried_at, http_status FROM urls") == (at(50), 200)


def test_a_page_without_an_address_has_no_url(house: House) -> None:
    house.save(None, body=b"just text", kind="other")
    assert house.rows("SELECT * FROM urls") == []
    assert house.row("SELECT url, file_name, kind FROM captures") == (None, "a.txt", "other")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE url SET state = 'lost'",
        "UPDATE url SET kind = 'sitemap'",
        "UPDATE url SET due_at = 'tomorrow'",
        "UPDATE url SET state = 'alias'",
        "UPDATE url SET url = NULL",
        "UPDATE url SET attempts = 'x'",
        "UPDATE revision SET credibility = 6",
        "UPDATE revision SET credibility_raw = NULL",
        "UPDATE revision SET number = 0",
        "UPDATE revision SET title = ''",
        "UPDATE revision SET journal_id = 99",
        "UPDATE article SET published_iso = '2026-03'",
        "UPDATE article SET published_raw = 'x', published_source = 'card', published_iso = '2026-03', "
        "published_precision = 'day'",
        "UPDATE article SET identity = 'body'",
        "UPDATE article SET article_id = 'other'",
        "UPDATE capture SET article_key = NULL",
        "UPDATE capture SET origin = 'guess'",
        "UPDATE run SET outcome = 'complete'",
        "UPDATE run SET started_at = 3",
        "DELETE FROM article",
        "DELETE FROM revision",
        "INSERT INTO revision SELECT id + 1, article_key, 2, 1, first_seen_at, last_seen_at, content_digest, "
        "field_digests, frame_digest, body_digest, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
        "NULL, 0, "
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM revision",
    ],
)
def test_wrong_rows_are_refused(house: House, sql: str) -> None:
    house.save(article())
    with pytest.raises(DBAPIError) as refused, house.archive.engine.begin() as connection:
        connection.exec_driver_sql(sql)
    assert isinstance(refused.value.orig, refusals())


def test_saving_needs_no_more_than_the_page(house: House) -> None:
    record = page(article())
    assert house.writer.save_page(record, now=T0).new_article
    assert record == page(article())
