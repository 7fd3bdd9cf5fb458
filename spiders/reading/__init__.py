"""Reading: page bytes or captured text → blocks → one `Reading`. Pure: no network, no database, no clock."""

from spiders.reading.model import READER_VERSION, Reading
from spiders.reading.reader import read_page

__all__ = ["READER_VERSION", "Reading", "read_page"]
