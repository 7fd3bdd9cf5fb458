"""Asking the archive: what a person typed, as a query; the articles it means, ranked; counts of them.

`grammar` reads, `query` is what it reads, `selection` makes SQL of it, `ask` and `facets` answer.
"""
