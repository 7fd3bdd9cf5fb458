"""WARC files of the made site, as somebody else's crawler would have left them: for measuring imports.

python -m benchmarks.made_warcs DIR --articles 2000 --files 4
"""

from __future__ import annotations

import argparse
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from benchmarks.site import make_site
from storage.warc.records import member

BASE = "http://127.0.0.1:8099"
"""Where the site says that it lives: `msarchive import --site sample --start` has to be told."""


def make_warcs(folder: Path, articles: int, files: int) -> int:
    """Write so many files into `folder` (made when there is none); how many pages are in them."""
    folder.mkdir(parents=True, exist_ok=True)
    answers = sorted(make_site(BASE, articles).answers.items())
    for number in range(files):
        with (folder / f"made{number}.warc.gz").open("wb") as file:
            for path, (content_type, body) in answers[number::files]:
                head = (
                    f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
                )
                fields = (
                    ("WARC-Date", "2026-03-01T08:00:00Z"), ("WARC-Target-URI", BASE + path),
                    ("Content-Type", "application/http;msgtype=response"),
                )  # fmt: skip
                record_id = f"urn:uuid:{uuid5(NAMESPACE_URL, BASE + path)}"
                file.write(member("response", record_id, fields, head.encode() + body))
    return len(answers)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=2_000)
    parser.add_argument("--files", type=int, default=4)
    told = parser.parse_args()
    pages = make_warcs(told.folder, told.articles, told.files)
    print(f"{pages:,} pages in {told.files} files in {told.folder}")


if __name__ == "__main__":
    _main()
