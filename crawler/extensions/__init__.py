"""Scrapy extensions: the archive's run around a crawl, and its progress display."""
