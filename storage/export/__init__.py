"""Taking the archive's records away: streamed, whole or not at all, the same bytes for the same archive.

`choice` says what is taken, `tables` which rows that is, `documents` puts an article's rows together, one
module a format writes them; `exporting` does all of it. Read-only: a crawl may go on meanwhile.
"""
