"""An archive as one file: WACZ 1.1.1 (specs.webrecorder.net/wacz/1.1.1), which browsers replay.

A ZIP file with the WARC files, a CDXJ index over them, a list of pages and a data package that names all with
their digests; beside them the records of the archive as JSON lines with JSON Schemas. `packing` writes it, in
pieces: `selection` says what goes in, `index` makes the index, `records` the JSON, `package` the ZIP file.
`restoring` puts back into an archive what captures alone can't tell.
"""

WACZ_VERSION = "1.1.1"
ABOUT = "msarchive"
"""Key in the data package of what `msarchive import` needs to make the same archive again."""
URLS_MEMBER = "records/url_table.jsonl"
RUNS_MEMBER = "records/runs.jsonl"
CAPTURES_MEMBER = "records/captures.jsonl"
CORRECTIONS_MEMBER = "records/corrections.jsonl"
LOSSES_MEMBER = "records/losses.jsonl"
ALARMS_MEMBER = "records/alarms.jsonl"
