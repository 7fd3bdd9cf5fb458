"""Crawls by the clock: a foreground process that begins each one as a process of its own."""
