"""Spellings of addresses that are not public, and a listener that tells whether anybody called."""

from __future__ import annotations

import socket

from tests.crawl.listening import Listening

SPELLINGS = (
    # loopback, as numbers of every kind that inet_aton takes
    "127.0.0.1", "127.1", "127.0.1", "127.0.0.2", "127.255.255.254", "2130706433", "0x7f000001", "0x7F.0.0.1",
    "0x7f.1", "017700000001", "0177.0.0.1", "0177.1", "00000177.0.0.1", "0x7f.0x0.0x0.0x1", "127.0x1",
    "127.0.0.01", "0x7f.0.1", "2130706434", "127.000.000.001",
    # this host
    "0.0.0.0", "0", "0x0", "00", "0.0", "[::]", "[::0]", "[0:0:0:0:0:0:0:0]",
    # loopback in IPv6, plain, mapped, compatible, translated, tunnelled
    "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::]", "[2002:a00:1::1]",
    "[2001:0:7f00:1::]", "[2001::1]", "[::ffff:0:127.0.0.1]",
    # private networks (RFC 1918)
    "10.0.0.1", "10.255.255.255", "167772161", "0x0a000001", "012.0.0.1", "10.1", "172.16.0.1",
    "172.31.255.255", "2886729729", "192.168.0.1", "192.168.1.1", "3232235521", "0xc0a80001", "0300.0250.0.1",
    "[::ffff:10.0.0.1]", "[::ffff:192.168.0.1]", "[::ffff:172.16.0.1]", "[64:ff9b::10.0.0.1]",
    # carriers' (RFC 6598), link-local, metadata of clouds
    "100.64.0.1", "100.100.100.200", "100.127.255.254", "0x64400001", "169.254.0.1", "169.254.169.254",
    "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]", "169.254.170.2", "192.0.0.192", "168.63.129.16", "[fd00:ec2::254]",
    "[fd20:ce::254]", "[fe80::1]", "[fe80::a9fe:a9fe]", "[febf::1]",
    # unique local, site-local, multicast, documentation, benchmarks, reserved, broadcast
    "[fc00::1]", "[fdff::1]", "[fec0::1]", "[ff02::1]", "[ff0e::1]", "224.0.0.1", "239.255.255.250",
    "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.255", "192.88.99.1", "240.0.0.1",
    "255.255.255.255", "0xffffffff", "[2001:db8::1]", "[3fff::1]", "[100::1]", "[5f00::1]", "[4000::1]",
    # names, and what a URL may do to them
    "localhost", "LOCALHOST", "localhost.", "foo.localhost", "inside.example", "INSIDE.example.",
    "127.0.0.1.", "user@127.0.0.1", "example.com@127.0.0.1", "example.com:80@127.0.0.1",
    "①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1", "127%2e0%2e0%2e1", "%6cocalhost", "ⓛocalhost",
    r"example.com\@127.0.0.1", r"127.0.0.1\.example.com",
)  # fmt: skip
"""What may stand for a host in an address; none of it may be connected to."""


class Trap(Listening):
    """Listens on every address of this machine, IPv4 and IPv6, and counts who comes (`connections`)."""

    def __init__(self, host: str | None = None, port: int = 0) -> None:
        if host is None and socket.has_dualstack_ipv6():
            self.listen(socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True))
        else:
            self.listen(socket.create_server((host or "0.0.0.0", port)))

    def serve(self, connection: socket.socket, number: int) -> None:
        """Answer, whatever is asked."""
        connection.settimeout(5)
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nsecret")
