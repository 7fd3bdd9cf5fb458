"""`python -m tests.secondsite`: serves the second site until Ctrl-C."""

from __future__ import annotations

import argparse
import time

from tests.crawl.scripted import ScriptedSite

from .pages import articles
from .serving import script_of

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.secondsite", description=__doc__)
    parser.add_argument("--port", type=int, default=8020, help="port on 127.0.0.1 (default: %(default)s)")
    with ScriptedSite(script_of(articles()), at_port=parser.parse_args().port) as site:
        print(f"{site.base_url}/archiv.php  (Ctrl-C ends it)", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass
