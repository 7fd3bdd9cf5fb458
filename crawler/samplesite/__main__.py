"""`python -m crawler.samplesite`: serves the sample site until Ctrl-C, to be looked at in a browser."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from .editions import CHANGES
from .server import SampleSite


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the site as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m crawler.samplesite", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=8010, help="port on 127.0.0.1 (default: %(default)s; 0: any)"
    )
    parser.add_argument("--delay", type=float, default=0.0, help="seconds to take over every answer")
    parser.add_argument(
        "--change",
        nargs="*",
        action="extend",
        default=[],
        choices=CHANGES,
        help="changes it has been through",
    )
    options = parser.parse_args(arguments)
    try:
        site = SampleSite(port=options.port, edition=options.change, delay=options.delay)
    except (OSError, OverflowError) as error:
        parser.exit(1, f"cannot serve on port {options.port}: {error}\n")
    with site:
        print(f"{site.base_url}/  (Ctrl-C ends it)", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    raise SystemExit(main())
