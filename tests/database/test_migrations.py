"""The next migration: written once, it brings archives in both databases up to date, or changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import archive as opening_sqlite
from storage.archive import ArchiveOlder
from storage.migrations import HEAD, KNOWN
from storage.migrations import upgrade as upgrading
from storage.postgresql import opening as opening_postgresql
from storage.verify import server
from tests.places import Places
from tests.storage.build import House, article

NEXT = "9999"
STEP = f'''
import sqlalchemy as sa
from alembic import op
from storage.models.base import STRICT, Whole, Words

revision, down_revision, branch_labels, depends_on = "{NEXT}", "{HEAD}", None, None


def upgrade():
    op.add_column("run", sa.Column("remark", Words))
    op.execute("UPDATE run SET remark = 'of ' || kind")
    op.create_table(
        "remark",
        sa.Column("id", Whole, nullable=False),
        sa.Column("run_id", Whole, nullable=False),
        sa.Column("said", Words, sa.CheckConstraint("said <> \'\'", name="ck_remark_said"), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_remark_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_remark"),
        **STRICT,
    )
    op.create_index("ix_remark_run_id", "remark", ["run_id"])
    op.execute("INSERT INTO remark (id, run_id, said) SELECT id, id, remark FROM run")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE revision ALTER COLUMN title SET STATISTICS 200")
'''

_TODAYS = upgrading.FOLDER
Program = Callable[[str], None]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Makes this program one that has another migration, whose text is given."""

    def become(step: str) -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(_TODAYS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / f"{NEXT}_made_up.py").write_text(step, "utf-8")
        monkeypatch.setattr(upgrading, "FOLDER", folder)
        for module in (opening_sqlite, opening_postgresql):
            monkeypatch.setattr(module, "HEAD", NEXT)
            monkeypatch.setattr(module, "KNOWN", KNOWN | {NEXT})

    return become


@pytest.fixture
def folder(places: Places, tmp_path: Path) -> Path:
    house = House(tmp_path / "archive", places.url(tmp_path / "archive"))
    house.save(article())
    house.archive.close()
    return house.directory


def test_a_writer_brings_the_archive_up_to_date(places: Places, folder: Path, program: Program) -> None:
    before = places.rows(folder, "SELECT * FROM articles")
    program(STEP)
    with pytest.raises(ArchiveOlder, match=r"older schema .* brings it up to date"):
        places.open(folder, read_only=True)
    places.open(folder).close()
    assert places.rows(folder, "SELECT version_num FROM alembic_version") == [(NEXT,)]
    assert places.rows(folder, "SELECT run_id, said FROM remark") == [(1, "of crawl")]
    assert places.rows(folder, "SELECT * FROM articles") == before
    assert len(places.rows(folder, "SELECT id FROM run WHERE remark = 'of crawl'")) == 1
    with places.open(folder):  # once more there is nothing to do
        assert places.rows(folder, "SELECT count(*) FROM remark") == [(1,)]
    if places.in_postgresql:
        with places.open(folder, read_only=True) as opened, opened.engine.connect() as connection:
            assert list(server.schema(connection)) == []  # views, triggers and all else of before


def test_a_step_that_fails_leaves_the_archive_as_it_was(
    places: Places, folder: Path, program: Program
) -> None:
    before = places.rows(folder, "SELECT * FROM articles")
    program(f"{STEP}    raise RuntimeError('in the middle')\n")
    with pytest.raises(RuntimeError, match="in the middle"):
        places.open(folder)
    program(STEP)
    with pytest.raises(ArchiveOlder):
        places.open(folder, read_only=True)
    places.open(folder).close()
    assert places.rows(folder, "SELECT * FROM articles") == before
    assert places.rows(folder, "SELECT count(*) FROM remark") == [(1,)]
