"""`python iterate_warc.py fastwarc|warcio FILE…`: reads every record to its end, and does nothing with it.

Prints how many response records there were. Runs in an environment of its own: nothing of ours is imported.
"""

import sys
from collections.abc import Iterator
from pathlib import Path


def with_fastwarc(path: str) -> Iterator[bool]:
    """Whether it is a response, of each record."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    with Path(path).open("rb") as file:
        for record in ArchiveIterator(file, parse_http=True):
            record.reader.read()
            yield record.record_type == WarcRecordType.response


def with_warcio(path: str) -> Iterator[bool]:
    """Whether it is a response, of each record."""
    from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-not-found,unused-ignore]

    with Path(path).open("rb") as file:
        for record in ArchiveIterator(file):
            record.content_stream().read()
            yield record.rec_type == "response"


if __name__ == "__main__":
    iterate = {"fastwarc": with_fastwarc, "warcio": with_warcio}[sys.argv[1]]
    print(sum(is_response for path in sys.argv[2:] for is_response in iterate(path)))
