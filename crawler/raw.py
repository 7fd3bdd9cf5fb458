"""Keeps an answer as it was before its content coding was undone.

Without it an answer whose gzip is broken, or unpacks to too much, would be lost: the middleware that undoes
the coding raises, and what came over the wire is gone with it.
"""

from __future__ import annotations

from scrapy import Request
from scrapy.http import Response

from spiders.answers import RAW


class KeepRaw:
    """Puts the coded answer into its request's `meta`. Stands between downloader and HttpCompression."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Pass every answer on unchanged."""
        if b"Content-Encoding" in response.headers:
            request.meta[RAW] = response
        return response
