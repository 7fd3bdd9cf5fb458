"""A message is read from its bytes alone: whatever stands there, what comes out is true, nothing raises."""

from __future__ import annotations

import gzip
import random
import zlib

import brotli  # type: ignore[import-untyped]
import pytest
from backports import zstd

from storage.http.codings import decode
from storage.http.message import entity, read_head, read_request, unchunk, without_interim

TEXT = b"What people said about sleep, in their own words. " * 200
LIMIT = 10**6
RAW_DEFLATE = zlib.compress(TEXT)[2:-4]
CODED = {
    "gzip": gzip.compress(TEXT, mtime=0),
    "x-gzip": gzip.compress(TEXT, mtime=0),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstd.compress(TEXT),
}


def answer(*lines: bytes, body: bytes = b"", status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return b"\r\n".join((status, *lines)) + b"\r\n\r\n" + body


def chunked(data: bytes, size: int = 700) -> bytes:
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("line", "version", "status", "reason"),
    [
        (b"HTTP/1.1 200 OK", "HTTP/1.1", 200, "OK"),
        (b"HTTP/1.1 200", "HTTP/1.1", 200, ""),
        (b"HTTP/1.1 200 ", "HTTP/1.1", 200, ""),
        (b"HTTP/1.0 404 Nicht da: \xe4h", "HTTP/1.0", 404, "Nicht da: äh"),
        (b"HTTP/1.1 999 No  way", "HTTP/1.1", 999, "No  way"),
    ],
)
def test_status_lines(line: bytes, version: str, status: int, reason: str) -> None:
    head = read_head(answer(b"A: 1", status=line))
    assert head is not None
    assert (head.version, head.status, head.reason) == (version, status, reason)


@pytest.mark.parametrize(
    "raw",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nA: 1\r\n", b"\r\n\r\n", b"<html>\n\n</html>",
     b"HTTP/1.1 OK\r\n\r\n", b"ICY 200 OK\r\n\r\n", b"HTTP/1.1 2\xb2 OK\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_whole_head_is_none(raw: bytes) -> None:
    assert read_head(raw) is None
    with pytest.raises(ValueError, match="head"):
        entity(raw, LIMIT)


def test_headers_keep_names_order_and_duplicates() -> None:
    head = read_head(
        answer(b"set-COOKIE: a", b"X:1", b"Set-Cookie:   b\t ", b"no colon here", b" folded into it: too",
               b"Long: one", b"  two", b"\tthree", b": nameless", b"Spaced : v", b"Empty:", b"L: \xe9\xff",
               body=b"rest")
    )  # fmt: skip
    assert head is not None
    assert head.headers == (
        ("set-COOKIE", "a"), ("X", "1"), ("Set-Cookie", "b"), ("no colon here folded into it", "too"),
        ("Long", "one two three"), ("Spaced", "v"), ("Empty", ""), ("L", "éÿ"),
    )  # fmt: skip
    assert head.get("SET-cookie") == "a"
    assert head.get("absent") is None


def test_lines_may_end_in_a_bare_line_feed() -> None:
    raw = b"HTTP/1.1 200 OK\nA: 1\r\nB: 2\n\nbody"
    head = read_head(raw)
    assert head is not None
    assert head.headers == (("A", "1"), ("B", "2"))
    assert entity(raw, LIMIT).body == b"body"


def test_lists_run_over_several_lines() -> None:
    head = read_head(answer(b"Vary: A, b", b"vary: ,C"))
    assert head is not None
    assert head.listed("Vary") == ("a", "b", "c")


def test_interim_answers_go_and_nothing_else() -> None:
    final = answer(b"Content-Length: 3", body=b"abc")
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    assert without_interim(b"HTTP/1.1 100 Continue\r\n\r\n" + hints + final) == final
    assert without_interim(final) == final
    assert without_interim(b"HTTP/1.1 100\r\n\r\n") == b""
    assert without_interim(hints[:-2]) == hints[:-2]
    assert without_interim(hints * 20_000 + final) == final


def test_a_request_is_read_too() -> None:
    head = read_request(b"GET /news?a=1 HTTP/1.1\r\nHost: example.org\r\n\r\n")
    assert head is not None
    assert (head.method, head.target, head.version) == ("GET", "/news?a=1", "HTTP/1.1")
    assert head.headers == (("Host", "example.org"),)
    assert read_request(b"GET /news HTTP/1.1\r\nHost") is None
    assert read_request(b"\r\n\r\n") is None


@pytest.mark.parametrize("coding", CODED)
@pytest.mark.parametrize("framed", [False, True])
def test_codings_are_undone(coding: str, framed: bool) -> None:
    body, name = CODED[coding], coding.upper().encode()
    raw = (
        answer(b"Content-Encoding: " + name, b"Transfer-Encoding: Chunked", body=chunked(body))
        if framed
        else answer(b"Content-Encoding: " + name, b"Content-Length: %d" % len(body), body=body)
    )
    got = entity(raw, LIMIT)
    assert got.complete
    assert (got.body, got.problem) == (TEXT, None)


def test_codings_lie_one_over_the_other() -> None:
    twice = gzip.compress(brotli.compress(TEXT))
    assert decode(twice, ("br", "gzip"), LIMIT).body == TEXT
    got = entity(answer(b"Content-Encoding: br", b"Content-Encoding: gzip", body=twice), LIMIT)
    assert (got.body, got.problem) == (TEXT, None)
    over_the_wire = answer(b"Content-Encoding: br", b"Transfer-Encoding: gzip, chunked", body=chunked(twice))
    assert entity(over_the_wire, LIMIT).body == TEXT
    many = decode(TEXT, ("gzip",) * 6, LIMIT)
    assert (many.body, many.fault) == (TEXT, "unknown coding")


def test_several_members_are_one_body_and_what_follows_is_none() -> None:
    members = gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])
    for tail in (b"", b"\0" * 512, b"garbage"):
        got = decode(members + tail, ("gzip",), LIMIT)
        assert (got.body, got.fault) == (TEXT, None)
    frames = zstd.compress(TEXT[:100]) + zstd.compress(TEXT[100:])
    assert decode(frames + b"garbage", ("zstd",), LIMIT).body == TEXT
    assert decode(RAW_DEFLATE, ("deflate",), LIMIT).body == TEXT


@pytest.mark.parametrize("name", ["", "identity", "none", "utf-8"])
def test_what_servers_call_no_coding_is_none(name: str) -> None:
    assert entity(answer(b"Content-Encoding: " + name.encode(), body=TEXT), LIMIT).body == TEXT


def test_an_unknown_coding_leaves_the_body_as_it_is() -> None:
    got = entity(answer(b"Content-Encoding: rot13", body=TEXT), LIMIT)
    assert (got.body, got.fault) == (TEXT, "unknown coding")
    assert got.problem is not None and "rot13" in got.problem


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw", "br", "zstd"])
def test_a_stream_cut_anywhere_gives_a_beginning_of_the_text_and_says_so(coding: str) -> None:
    body = RAW_DEFLATE if coding == "raw" else CODED[coding]
    for end in range(1, len(body)):
        got = decode(body[:end], ("deflate" if coding == "raw" else coding,), LIMIT)
        assert got.fault == "cut", end
        assert TEXT.startswith(got.body) or got.body == body[:end]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_damage_gives_what_came_before_it(coding: str) -> None:
    text = random.Random(7).randbytes(200_000).hex().encode()
    checked = {int(zstd.CompressionParameter.checksum_flag): 1}
    body = {
        "gzip": gzip.compress(text),
        "deflate": zlib.compress(text),
        "zstd": zstd.compress(text, options=checked),
    }[coding]
    middle = len(body) // 2
    got = decode(body[:middle] + b"\xff" * 300 + body[middle + 300 :], (coding,), LIMIT)
    assert got.fault in ("damaged", "cut")
    whole_until = len(text) // 4
    assert got.body[:whole_until] == text[:whole_until]


def test_a_wrong_checksum_is_damage_behind_the_whole_text() -> None:
    body = bytearray(CODED["gzip"])
    body[-5] ^= 1
    got = decode(bytes(body), ("gzip",), LIMIT)
    assert (got.body, got.fault) == (TEXT, "damaged")


def test_what_is_no_stream_at_all_stays_as_it_came() -> None:
    for coding in ("gzip", "br", "zstd"):
        got = decode(b"<html>never coded</html>", (coding,), LIMIT)
        assert (got.body, got.fault) == (b"<html>never coded</html>", "damaged"), coding
    assert decode(b"", ("gzip",), LIMIT).fault is None


@pytest.mark.parametrize("coding", [*CODED, "identity"])
def test_no_more_than_the_limit_comes_out(coding: str) -> None:
    body = CODED.get(coding, TEXT)
    got = entity(answer(b"Content-Encoding: " + coding.encode(), body=body), 1000)
    assert (got.body, got.fault) == (TEXT[:1000], "too large")
    exactly = entity(answer(b"Content-Encoding: " + coding.encode(), body=body), len(TEXT))
    assert (exactly.body, exactly.fault) == (TEXT, None)


@pytest.mark.parametrize("coding", CODED)
def test_a_bomb_costs_no_more_memory_than_the_limit(coding: str) -> None:
    import tracemalloc

    zeros = bytes(50 * 2**20)
    pack = {
        "br": lambda data: brotli.compress(data, quality=3),
        "zstd": zstd.compress,
        "deflate": zlib.compress,
    }
    bomb = pack.get(coding, gzip.compress)(zeros)
    twice = pack.get(coding, gzip.compress)(bomb)
    del zeros
    tracemalloc.start()
    assert decode(bomb, (coding,), LIMIT).fault == "too large"
    assert len(decode(twice, (coding, coding), LIMIT).body) <= LIMIT
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * LIMIT


def test_chunks_are_joined_and_trailers_read() -> None:
    got = unchunk(b'00a;name="x;y"\r\n0123456789\r\n3 \r\nabc\r\n0\r\nX-Sum: 42\r\nY: z\r\n\r\n')
    assert (got.body, got.fault) == (b"0123456789abc", None)
    assert got.trailers == (("X-Sum", "42"), ("Y", "z"))
    assert unchunk(b"3\nabc\n0\n\n").body == b"abc"


def test_chunks_cut_anywhere_give_a_beginning_and_say_so() -> None:
    framed = chunked(TEXT)
    for end in range(len(framed) - 4):
        got = unchunk(framed[:end])
        assert got.fault == "cut" and TEXT.startswith(got.body), end


def test_a_body_that_is_no_chunks_is_left_alone() -> None:
    # Some writers of WARC files undo the framing and leave the header.
    got = entity(answer(b"Transfer-Encoding: chunked", body=b"<html>never framed</html>\n"), LIMIT)
    assert (got.body, got.fault) == (b"<html>never framed</html>\n", "damaged")
    assert unchunk(b"3\r\nabcdef").fault == "damaged"


def test_a_body_shorter_than_announced_is_cut() -> None:
    got = entity(answer(b"Content-Length: 10", body=b"1234"), LIMIT)
    assert (got.body, got.fault, got.problem) == (b"1234", "cut", "6 bytes are missing at its end")
    assert entity(answer(b"Content-Length: 4, 4", body=b"1234"), LIMIT).complete
    assert entity(answer(b"Content-Length: many", body=b"1234"), LIMIT).complete
    assert entity(answer(b"Content-Length: 2", body=b"1234"), LIMIT).body == b"1234"


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_answers_without_a_body_miss_none(status: bytes) -> None:
    lines = (b"Content-Length: 1234", b"Content-Encoding: gzip")
    assert entity(answer(*lines, status=b"HTTP/1.1 " + status), LIMIT).complete


def test_no_bytes_make_it_raise_and_the_same_bytes_give_the_same() -> None:
    dice = random.Random(20261123)
    seeds = [
        answer(b"Content-Encoding: " + name.encode(), b"Transfer-Encoding: chunked", body=chunked(body, 50))
        for name, body in CODED.items()
    ]
    for _ in range(3000):
        raw = bytearray(dice.choice(seeds))
        for _ in range(dice.randint(1, 6)):
            at = dice.randrange(len(raw))
            raw[at : at + dice.choice((0, 1, 1, 5))] = dice.randbytes(dice.choice((0, 1, 3)))
        data = bytes(raw)
        stripped = without_interim(data)
        read_request(data)
        if read_head(stripped) is not None:
            got = entity(stripped, 20_000)
            assert len(got.body) <= 20_000
            assert (got.fault is None) == (got.problem is None)
            assert entity(stripped, 20_000) == got
