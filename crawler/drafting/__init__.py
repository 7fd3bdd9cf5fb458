"""A first profile for a site, drafted from a few of its pages: what recurs on them, and where.

`asking.py` chooses and fetches the pages, `addresses.py` tells articles from lists by their addresses;
`parts.py`, `passages.py`, `labels.py`, `places.py` and `dates.py` each guess one thing; `draft.py` puts the
guesses together and reads the pages by them; `writing.py` writes the profile. All but `asking.py` is pure:
the same pages, the same draft.
"""
