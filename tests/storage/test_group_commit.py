"""Pages that are committed together: each is all or nothing, and none is done before its group is on disk."""

from __future__ import annotations

import errno
import gc
import os
import threading
from collections.abc import Callable

import pytest

from storage.errors import RolledBack
from storage.group_commit import GROUP_PAGES
from storage.records import PageRecord, UrlOutcome
from storage.writer import Writer
from tests.storage.build import House, article, at, page


def save(house: House, name: str, minute: int = 0, *, grouped: bool = True) -> None:
    house.writer.save_page(page(article(name), when=at(minute)), now=at(minute), grouped=grouped)


def on_disk(house: House) -> list[str]:
    """Articles that another connection sees."""
    return [key for (key,) in house.rows("SELECT article_id FROM article ORDER BY id")]


def broken(name: str) -> PageRecord:
    """A page that the database refuses when much of it is written already."""
    return page(article(name), outcome=UrlOutcome("nowhere", "summary"))  # type: ignore[arg-type]


def test_nobody_sees_a_page_before_its_group_is_committed(house: House) -> None:
    save(house, "one")
    save(house, "two")
    assert (on_disk(house), house.writer.is_open) == ([], True)
    house.writer.commit()
    assert (on_disk(house), house.writer.is_open) == (["one", "two"], False)


def test_a_full_group_is_committed_with_its_last_page(house: House) -> None:
    names = [f"page{number}" for number in range(GROUP_PAGES)]
    for name in names[:-1]:
        save(house, name)
    assert on_disk(house) == []
    save(house, names[-1])
    assert on_disk(house) == names


def test_a_page_that_does_not_wait_takes_those_along_that_did(house: House) -> None:
    save(house, "waits")
    save(house, "does-not", grouped=False)
    assert on_disk(house) == ["waits", "does-not"]


def test_a_request_without_an_answer_waits_with_the_pages(house: House) -> None:
    url = "https://site.example/gone"
    house.writer.record_failure(url, "timed out", now=at(1), retry_at=None, grouped=True)
    assert house.rows("SELECT state FROM url WHERE url = ?", url) == []
    house.writer.commit()
    assert house.rows("SELECT state FROM url WHERE url = ?", url) == [("failed",)]


def test_a_page_that_fails_takes_no_other_with_it(house: House) -> None:
    save(house, "before")
    with pytest.raises(Exception, match=r"(?i)constraint"):
        house.writer.save_page(broken("broken"), now=at(1), grouped=True)
    assert house.writer.is_open
    save(house, "after")
    house.writer.commit()
    assert on_disk(house) == ["before", "after"]
    assert house.value("SELECT count(*) FROM capture") == 2


def test_what_was_remembered_of_a_page_that_failed_is_forgotten(house: House) -> None:
    # The topic and the journal that it brought in are not there any more when the next page names them.
    with pytest.raises(Exception, match=r"(?i)constraint"):
        house.writer.save_page(broken("broken"), now=at(1), grouped=True)
    save(house, "before")
    with pytest.raises(Exception, match=r"(?i)constraint"):
        house.writer.save_page(broken("broken"), now=at(1), grouped=True)
    save(house, "after", grouped=False)
    assert on_disk(house) == ["before", "after"]


def test_the_end_of_a_run_commits_what_waits(house: House) -> None:
    save(house, "last")
    house.writer.end_run("complete", "all done", {})
    assert on_disk(house) == ["last"]


def test_a_group_waits_for_the_disk_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    save(house, "opens-the-file", grouped=False)
    synced = count_syncs(monkeypatch)
    for number in range(4):
        save(house, f"page{number}")
    house.writer.commit()
    assert len(synced) == 1


def test_a_file_that_is_finished_within_a_group_is_known_whole(house: House) -> None:
    small = Writer(house.archive, "small.example", warc_max_bytes=2_000)
    house.writer.end_run("complete", "all done", {})
    small.begin_run("crawl", program_version="0", reader_version="1", profile_digest="p", settings={})
    for number in range(GROUP_PAGES - 1):
        told = page(article(f"page{number}"), when=at(number), body=os.urandom(1_500))
        small.save_page(told, now=at(number), grouped=True)
    small.commit()
    rows = house.rows("SELECT name, size, sha256 FROM warc_file WHERE size > 0 AND run_id = ?", small.run_id)
    assert len(rows) > 3
    for name, size, _ in rows:
        assert (house.directory / "captures" / name).stat().st_size == size
    assert sum(sha256 is None for _, _, sha256 in rows) <= 1
    small.end_run("complete", "all done", {})


@pytest.mark.parametrize("sync", ["begun with the last page", "begun by the commit"])
def test_a_disk_that_fails_at_the_commit_keeps_none_of_the_group(
    house: House, monkeypatch: pytest.MonkeyPatch, sync: str
) -> None:
    save(house, "before", grouped=False)
    save(house, "one")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", failing)
        with pytest.raises(OSError, match="Input/output"):
            if sync == "begun by the commit":
                house.writer.commit()
            else:
                save(house, "two", grouped=False)
    assert not house.writer.is_open
    assert on_disk(house) == ["before"]
    save(house, "one", grouped=False)
    assert on_disk(house) == ["before", "one"]


def test_what_follows_a_failed_page_is_synced_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    # Its records were on their way to the disk already when it was refused.
    save(house, "before")
    with pytest.raises(Exception, match=r"(?i)constraint"):
        house.writer.save_page(broken("broken"), now=at(1))
    save(house, "after")
    synced = count_syncs(monkeypatch)
    house.writer.commit()
    assert len(synced) == 1


def test_a_database_that_takes_the_whole_group_back_is_noticed(house: House) -> None:
    if house.database is not None:
        pytest.skip("PostgreSQL takes a transaction back only with its session")
    house.writer.db.run(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON article WHEN NEW.article_id = 'too-much' "
        "BEGIN SELECT RAISE(ROLLBACK, 'disk full'); END"
    )
    save(house, "one")
    with pytest.raises(Exception, match="disk full"):
        save(house, "too-much")
    assert not house.writer.is_open
    save(house, "two", grouped=False)
    assert on_disk(house) == ["two"]


def test_a_group_that_somebody_else_has_rolled_back_is_no_success(house: House) -> None:
    save(house, "one")
    house.writer.db.rollback()
    with pytest.raises(RolledBack):
        house.writer.commit()
    assert not house.writer.is_open
    house.writer.commit()  # which has nothing to do any more


def test_a_writer_that_nobody_has_any_more_leaves_no_thread(house: House) -> None:
    # Somebody who reads captures again in this process forks only while it has no other thread.
    house.writer.end_run("complete", "all done", {})
    before = threading.active_count()
    other = Writer(house.archive, "other.example")
    other.begin_run("crawl", program_version="0", reader_version="1", profile_digest="p", settings={})
    other.save_page(page(article("one")), now=at(1), grouped=True)
    other.commit()
    (thread,) = threading.enumerate()[before:]
    gc.disable()
    try:
        del other
        thread.join(10)
    finally:
        gc.enable()
    assert not thread.is_alive()


def count_syncs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Descriptors as they are synced from now on."""
    synced: list[int] = []
    real: Callable[[int], None] = os.fdatasync

    def counted(descriptor: int) -> None:
        synced.append(descriptor)
        real(descriptor)

    monkeypatch.setattr(os, "fdatasync", counted)
    return synced


def failing(descriptor: int) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))
