"""`msarchive browse`: the archive as pages for a browser on this machine (docs/browsing.md).

Every page is put together from one read-only snapshot and needs no JavaScript. `security.py` says who may
ask and what a browser may do with the answer, `library.py` keeps the archive open while it is written to,
moved or replaced, `pages/` has a module for each kind of page.
"""
