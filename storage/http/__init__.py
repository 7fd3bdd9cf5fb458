"""HTTP/1.1 messages as bytes: one reading of them, in the crawl and from a capture years later."""
