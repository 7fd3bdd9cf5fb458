"""`scrapy crawl summaries`: Scrapy's command, but its exit status tells the truth."""

from __future__ import annotations

import argparse

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError

from crawler.cli.errors import as_user_error
from crawler.run import crawl
from crawler.terminal import complain
from spiders.summaries import SummariesSpider


class Command(ScrapyCrawl):
    """As Scrapy's own; the exit codes are those of `msarchive crawl`."""

    requires_crawler_process = False

    def short_desc(self) -> str:
        """One line for `scrapy --help`."""
        return "Crawl a site into the archive, as 'msarchive crawl' does"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl, and set the exit code by how it ended."""
        if args != [SummariesSpider.name]:
            raise UsageError(f"the one spider here is {SummariesSpider.name!r}")
        assert self.settings is not None
        try:
            result = crawl(self.settings, opts.spargs)
        except Exception as error:
            known = as_user_error(error)
            if known is None:
                raise
            complain(str(known))
            self.exitcode = int(known.code)
            return
        if result.exit_code:
            complain(result.reason)
        self.exitcode = int(result.exit_code)
