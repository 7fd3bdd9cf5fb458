"""From a value back to the bytes: `show --evidence` and the view `article_evidence`."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.bodies import BodyReader
from tests.places import Places, opened, rows

from .archives import import_pages, save_pages
from .conftest import Run

# Column of `articles` -> the field that its evidence is kept under.
FIELDS = {
    "title": "title",
    "takeaway": "takeaway",
    "credibility": "credibility",
    "interest": "interest",
    "reading_minutes": "reading_minutes",
    "journal": "journal",
    "topics": "topics[0]",
    "published_raw": "published",
    "teaser": "teaser",
    "description": "description",
    "source_title": "source.title",
    "source_authors": "source.authors",
    "source_journal": "source.journal",
    "source_published_raw": "source.published",
    "source_doi": "source.doi",
    "source_pmid": "source.pmid",
    "source_url": "source.url",
}


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    import_pages(folder / "archive", save_pages(folder / "pages"))
    return folder / "archive"


@pytest.fixture
def archive(imported: Path, both: Places) -> Path:
    """It, in both databases. For reading."""
    both.share(imported)
    return imported


@pytest.mark.parametrize("column", FIELDS)
def test_every_value_has_its_evidence_and_every_missing_one_its_reason(archive: Path, column: str) -> None:
    taken = (
        "EXISTS (SELECT 1 FROM article_evidence e WHERE e.article_key = a.key AND e.is_current = 1 "
        f"AND e.field = '{FIELDS[column]}' AND e.claim = 'taken')"
    )
    with_value = rows(archive, f"SELECT a.key, {taken} FROM articles a WHERE a.{column} IS NOT NULL")
    assert with_value
    assert [key for key, found in with_value if not found] == []
    assert rows(archive, f"SELECT a.key FROM articles a WHERE a.{column} IS NULL AND {taken}") == []


def test_every_section_and_every_topic_has_its_evidence(archive: Path) -> None:
    sections = rows(
        archive,
        "SELECT s.article_key, s.kind FROM article_sections s WHERE NOT EXISTS ("
        "SELECT 1 FROM article_evidence e "
        "WHERE e.article_key = s.article_key AND e.is_current = 1 AND e.claim = 'taken' "
        "AND (e.field = 'sections.' || s.kind OR e.value = s.heading))",
    )
    assert sections == []
    topics = rows(
        archive,
        "SELECT t.article_key, t.topic FROM article_topics t WHERE t.uncertain = 0 AND NOT EXISTS ("
        "SELECT 1 FROM article_evidence e WHERE e.article_key = t.article_key AND e.is_current = 1 "
        "AND e.field LIKE 'topics[%' AND instr(e.value, t.topic) > 0)",
    )
    assert topics == []


def test_the_block_s_path_leads_to_the_value_in_the_captured_bytes(archive: Path) -> None:
    from lxml import html

    found = rows(
        archive,
        "SELECT capture, location, value FROM article_evidence WHERE field = 'title' AND claim = 'taken' "
        "AND location LIKE '(//*)[%'",
    )
    assert len(found) > 20
    with (
        opened(archive, read_only=True) as held,
        held.engine.connect() as connection,
        BodyReader(held, connection) as bodies,
    ):
        for capture, location, value in found:
            page = html.document_fromstring(bodies.read(int(str(capture))))
            text = str(page.xpath(f"string({location})"))
            assert " ".join(text.split()) == value


def test_the_record_stands_where_the_view_says(archive: Path) -> None:
    for name, offset, length in rows(
        archive, "SELECT warc_file, warc_offset, warc_length FROM article_evidence"
    ):
        with (archive / "captures" / str(name)).open("rb") as file:
            file.seek(int(str(offset)))
            member = file.read(int(str(length)))
        assert member[:2] == b"\x1f\x8b"
        assert len(member) == length


def test_show_tells_capture_block_and_rule(archive: Path, run: Run) -> None:
    (key, value, rule, block, capture, overruled) = rows(
        archive,
        "SELECT e.article_id, e.value, e.rule, e.block, e.capture, o.value FROM article_evidence e "
        "JOIN article_evidence o ON o.article_key = e.article_key AND o.field = 'title' "
        "AND o.claim = 'overruled' "
        "WHERE e.field = 'title' AND e.claim = 'taken' AND e.block IS NOT NULL LIMIT 1",
    )[0]
    shown = run("show", str(key), "--evidence", "--archive", archive).out
    assert str(value) in shown
    assert f"by {rule} in capture {capture}, block {block}, (//*)[" in shown
    assert f"{overruled}  (overruled)" in shown
    assert ".warc.gz" in shown
    assert "- not on the page" in run(
        "show", str(rows(archive, "SELECT article_id FROM article_evidence WHERE claim = 'absent'")[0][0]),
        "--evidence", "--archive", archive,
    ).out  # fmt: skip


def test_json_has_a_row_for_each_claim(archive: Path, run: Run) -> None:
    ((key, number),) = rows(
        archive,
        "SELECT article_id, count(*) FROM article_evidence WHERE is_current = 1 "
        "GROUP BY 1 ORDER BY 1 LIMIT 1",
    )
    told = run("show", str(key), "--evidence", "--json", "--archive", archive).json
    assert told["article"]["id"] == key
    assert len(told["evidence"]) == number
    claim = next(one for one in told["evidence"] if one["field"] == "takeaway")
    assert claim["claim"] == "taken"
    assert claim["value"]
    assert claim["reader_version"] and claim["captured_at"] and claim["warc_file"]
