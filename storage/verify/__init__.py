"""Verifying an archive: is everything there, and is it what was written?

`verify` looks and never changes a byte; `repair` does the one thing that is always safe.
"""

from storage.verify.findings import CODES, Finding, Report
from storage.verify.repair import Repaired, repair
from storage.verify.whole import verify

__all__ = ["CODES", "Finding", "Repaired", "Report", "repair", "verify"]
