"""The CDXJ index of a package: a line for each record, sorted, in compressed blocks that are indexed too.

CDXJ and the blocks ("ZipNum") are pywb's formats, which the WACZ specification names; keys are SURTs as
wabac.js, ReplayWeb.page's engine, makes them.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urlsplit

NAME = "index.cdx.gz"
_LINES = 1024
"""Lines in a block, as py-wacz has them."""
_WWW = re.compile(r"^www\d*\.")


def surt(url: str) -> str:
    """The sort key of an address: host turned around, all in lower case, query sorted.

    An address that is not http or https is its own key.
    """
    if not url.lower().startswith(("http://", "https://")):
        return url.replace(" ", "%20")
    try:
        parts = urlsplit(url.lower())
        host, port = _WWW.sub("", parts.hostname or ""), parts.port
    except ValueError:
        return url.replace(" ", "%20")
    place = ",".join(reversed(host.split(".")))
    if port is not None and port != {"http": 80, "https": 443}[parts.scheme]:
        place += f":{port}"
    query = parts.query
    if query:
        pairs = parse_qsl(query, keep_blank_values=True)
        query = "?" + (urlencode(sorted(pairs)) if all("=" in one for one in query.split("&")) else query)
    return f"{place}){parts.path or '/'}{query}".replace(" ", "%20")


def timestamp(at: str) -> str:
    """UTC text as 14 digits."""
    return re.sub(r"\D", "", at)[:14]


def line(
    *,
    url: str,
    at: str,
    mime: str,
    status: int | None,
    digest: str,
    file: str,
    offset: int,
    length: int,
) -> str:
    """A CDXJ line, without its newline. `status` None: the record has no HTTP answer."""
    fields: dict[str, str] = {"url": url, "mime": mime}
    if status is not None:
        fields["status"] = str(status)
    fields |= {"digest": digest, "length": str(length), "offset": str(offset), "filename": file}
    return f"{surt(url)} {timestamp(at)} {json.dumps(fields)}"


def blocks(lines: Iterable[str]) -> tuple[bytes, bytes]:
    """The compressed index, and the index of its blocks."""
    rows = sorted(set(lines))
    packed: list[bytes] = []
    heads = ["!meta 0 " + json.dumps({"format": "cdxj-gzip-1.0", "filename": NAME})]
    offset = 0
    for start in range(0, len(rows), _LINES):
        block = rows[start : start + _LINES]
        # zlib's own gzip header has no time and no name in it.
        compressing = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        data = compressing.compress("".join(f"{row}\n" for row in block).encode()) + compressing.flush()
        place = {
            "offset": offset,
            "length": len(data),
            "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
            "filename": NAME,
        }
        heads.append(block[0].partition("{")[0].strip() + " " + json.dumps(place))
        packed.append(data)
        offset += len(data)
    return b"".join(packed), "".join(f"{head}\n" for head in heads).encode()
