"""An archive is whole, whenever the process that writes to it is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.archive import open_archive
from storage.migrations import HEAD
from tests.places import Places, database_of, look_over, opened
from tests.storage.killing import ROOT, killed_opening

_CHILD = """
import sys
from pathlib import Path
from tests.storage.build import House, article, at, card, url_of
from storage.records import FoundRecord
house = House(Path(sys.argv[1]), sys.argv[2] if sys.argv[2:] else None)
print("ready", flush=True)
for n in range(100000):
    name = f"k{n:05}"
    found = (FoundRecord(url_of(f"f{n:05}"), "article", "card", f"f{n:05}"),)
    house.save(article(name), cards=(card(f"f{n:05}"),), found=found, when=at(0), body=name.encode() * 2000)
    if n % 40 == 39:
        house.writer.settle(at(1))
"""


@pytest.mark.parametrize("milliseconds", [0, 15, 60, 170, 400])
def test_killed_at_any_moment_it_holds_whole_pages(both: Places, tmp_path: Path, milliseconds: int) -> None:
    arguments = [str(tmp_path), *_database(tmp_path)]
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, *arguments], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(milliseconds / 1000)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    with opened(tmp_path) as archive, archive.engine.begin() as connection:
        look_over(connection)
        count = text(
            "SELECT (SELECT count(*) FROM capture), (SELECT count(*) FROM articles WHERE topics IS NOT "
            "NULL), "
            "(SELECT count(*) FROM card_list), (SELECT count(*) FROM url WHERE state = 'stored' AND "
            "due_at IS NULL), "
            "(SELECT count(*) FROM url WHERE state = 'waiting'), "
            "(SELECT count(DISTINCT payload_digest) FROM capture)"
        )
        assert len(set(connection.execute(count).one())) == 1


def _database(directory: Path) -> list[str]:
    """The address of the database, as an argument; none in SQLite."""
    url = database_of(directory)
    return [] if url is None else [url]


@pytest.mark.parametrize("where", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    ("moment", "what"),
    [(2, "after_cursor_execute"), (20, "after_cursor_execute"), (50, "after_cursor_execute"), (1, "commit")],
)
def test_killed_while_it_is_made_it_can_be_made_again(
    request: pytest.FixtureRequest, tmp_path: Path, moment: int, what: str, where: str
) -> None:
    database = None if where == "sqlite" else request.getfixturevalue("server").new()
    killed_opening(tmp_path / "a", moment, what, database)
    with (
        open_archive(tmp_path / "a", create=True, database=database) as archive,
        archive.engine.connect() as connection,
    ):
        assert connection.execute(text("SELECT count(*) FROM articles")).scalar() == 0
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [(HEAD,)]
