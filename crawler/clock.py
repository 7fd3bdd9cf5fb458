"""The clock. It stands apart because much needs the time that needs nothing of what fetches pages."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> str:
    """The present as UTC text, `2026-11-23T06:48:27.123Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
