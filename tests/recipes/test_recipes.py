"""docs/recipes.md: every block of code runs, and prints what the page says that it prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recipes.blocks import NOT_RUN, PAGE, Block, blocks, printed

ALL = blocks(PAGE.read_text("utf-8"))
RUN = [block for block in ALL if block.language != NOT_RUN]
QUESTIONS = {heading for block in ALL if (heading := block.heading)[:1].isdigit()}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[Block, str]:
    """What each block prints, all of them run in one folder."""
    folder = tmp_path_factory.mktemp("recipes")
    made = printed(folder, RUN)
    assert (folder / "articles.png").read_bytes().startswith(b"\x89PNG")
    return made


@pytest.mark.parametrize("block", RUN, ids=[block.name for block in RUN])
def test_a_recipe_prints_what_the_page_says(shown: dict[Block, str], block: Block) -> None:
    if block.printed is not None:
        assert _lines(shown[block]) == _lines(block.printed)


def test_there_are_ten_questions_each_answered_in_sql_pandas_and_duckdb() -> None:
    assert len(QUESTIONS) == 10
    for question in QUESTIONS:
        answers = [block for block in ALL if block.heading == question and block.printed is not None]
        assert {block.language for block in answers} == {"sql", "python"}, question
        code = [block.code for block in answers if block.language == "python"]
        assert any("duckdb" in one for one in code), question
        assert any("duckdb" not in one for one in code), question


def test_a_block_whose_output_is_wrong_is_found(tmp_path: Path) -> None:
    page = "\n## 1. One\n\n```python\nprint(1 + 1)\n```\n```text\n3\n```\n\n```sh\nrm -r .\n```\n"
    first, other = blocks(page)
    assert (first.heading, first.printed, other.language) == ("1. One", "3\n", NOT_RUN)
    assert printed(tmp_path, [first]) == {first: "2\n"}


def _lines(text: str) -> list[str]:
    """White space at a line's end is left out of the page."""
    return [line.rstrip() for line in text.splitlines()]
