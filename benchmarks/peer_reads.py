"""Reads pages with somebody else's reader: run by a Python that has it, which need not have anything of ours.

`python peer_reads.py NAME FOLDER`: NAME is a key of `READERS`; FOLDER has the pages as `*.html`. Reads all of
them once to warm up, and then once for each line of its input; after each it writes a line of JSON: CPU
seconds, and of how many pages it had a title and a text.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any


def trafilatura() -> Callable[[bytes], tuple[Any, Any]]:
    """Title and text, as its own command has them."""
    from trafilatura import bare_extraction  # type: ignore[import-not-found]

    def read(body: bytes) -> tuple[Any, Any]:
        found = bare_extraction(body, with_metadata=True)
        return (found.title, found.text) if found is not None else (None, None)

    return read


def readability() -> Callable[[bytes], tuple[Any, Any]]:
    """Title, and the text's markup."""
    from readability import Document  # type: ignore[import-not-found]

    def read(body: bytes) -> tuple[Any, Any]:
        document = Document(body)
        return document.title(), document.summary()

    return read


def newspaper4k() -> Callable[[bytes], tuple[Any, Any]]:
    """Title and text, without summing up."""
    from newspaper import Article  # type: ignore[import-not-found]

    def read(body: bytes) -> tuple[Any, Any]:
        article = Article("http://127.0.0.1/", fetch_images=False, language="en")
        article.download(input_html=body.decode("utf-8", "replace"))
        article.parse()
        return article.title, article.text

    return read


READERS = {"trafilatura": trafilatura, "readability-lxml": readability, "newspaper4k": newspaper4k}


def main() -> None:
    """The command line."""
    name, folder = sys.argv[1:]
    logging.disable(logging.CRITICAL)
    read = READERS[name]()
    bodies = [path.read_bytes() for path in sorted(Path(folder).glob("*.html"))]
    for body in bodies:
        read(body)
    for _ in sys.stdin:
        begin = process_time()
        found = [read(body) for body in bodies]
        took = process_time() - begin
        told = {"seconds": took, "read": sum(bool(title and text) for title, text in found)}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
