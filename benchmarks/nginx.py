"""The made site served by nginx: an instance of our own, on a free port, as whoever runs this."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Self

from benchmarks.measure import BrokenRun, NotMeasurable

_PATIENCE_S = 20.0
_PLACES = ("/usr/sbin/nginx", "/usr/local/sbin/nginx")
"""Where it lies when the path of somebody who is not root does not lead there."""
_CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    log_format asked "$status $bytes_sent $request_uri";
    access_log {folder}/access.log asked;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    types {{ }}
    default_type "text/html; charset=utf-8";
    server {{
        listen 127.0.0.1:{port};
        root {folder}/site;
        location / {{ try_files $uri/_$args =404; }}
{others}
    }}
}}
"""


def nginx_program() -> str:
    """Where nginx is. Raises `NotMeasurable` when it is not installed."""
    found = shutil.which("nginx") or next((place for place in _PLACES if Path(place).is_file()), None)
    if found is None:
        raise NotMeasurable("nginx is not installed (Debian's package nginx-light)")
    return found


class Nginx:
    """nginx on a free port; inside `with` it runs once `start` was called. `folder` has all of its files."""

    def __init__(self, folder: Path) -> None:
        """Raises `NotMeasurable` when it is not installed."""
        self._program = nginx_program()
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self._port = taken.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self._port}"
        self.bytes_sent = 0
        """Bytes of the answers, heads and all, that the last `asked` is about."""
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0

    def start(self, answers: Mapping[str, tuple[str, bytes]]) -> None:
        """Answer with these, by path and query. Content type and body; anything else is 404."""
        folder = self._folder
        folder.mkdir(parents=True, exist_ok=True)
        self.put(answers)
        kinds = {path: kind for path, (kind, _) in answers.items() if not kind.startswith("text/html")}
        others = "".join(
            f'        location = {path} {{ default_type "{kind}"; try_files $uri/_ =404; }}\n'
            for path, kind in sorted(kinds.items())
        )
        text = _CONFIGURATION.format(folder=folder, port=self._port, others=others)
        (folder / "nginx.conf").write_text(text)
        command = [self._program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
        with (folder / "said").open("wb") as said:
            self._process = subprocess.Popen(command, stdout=said, stderr=said)
        self._wait_until_there()

    def put(self, answers: Mapping[str, tuple[str, bytes]]) -> None:
        """Have these bodies served from now on; others stay. What is as it was keeps its time."""
        for path, (_, body) in answers.items():
            place, _, query = path.partition("?")
            file = self._folder / "site" / place.strip("/") / f"_{query}"
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.is_file() or file.read_bytes() != body:
                file.unlink(missing_ok=True)  # nginx may have the old one open
                file.write_bytes(body)

    def asked(self) -> Counter[str]:
        """How often each path was asked for since the last call."""
        with (self._folder / "access.log").open("rb") as log:
            log.seek(self._read)
            lines = log.read().decode("utf-8", "replace").splitlines()
            self._read = log.tell()
        parts = [line.split(" ", 2) for line in lines]
        self.bytes_sent = sum(int(sent) for _, sent, _ in parts)
        return Counter(path for _, _, path in parts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End nginx."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def _wait_until_there(self) -> None:
        assert self._process is not None
        until = monotonic() + _PATIENCE_S
        while monotonic() < until and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            sleep(0.02)  # it has no other way to say that it listens
        said = (self._folder / "said").read_text("utf-8", "replace").strip().splitlines()
        raise BrokenRun(f"nginx does not listen: {said[-1] if said else 'no word'}")
