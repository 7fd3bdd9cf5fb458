"""The archive: its schema, its one writer, and reading it. Knows nothing of how pages are fetched or read."""
