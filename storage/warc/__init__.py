"""Captures on disk: WARC 1.1 files (ISO 28500:2017) in the archive's folder `captures`.

A record is a gzip member of its own. `records` makes and reads single ones, `files` writes them one after
another, `healing` tidies up after a run that was killed. `storage.captures` says what goes into them,
`storage.bodies` finds the entity of a capture again.
"""

FOLDER = "captures"
"""Name of the folder in an archive that holds its WARC files."""
