"""Benchmarks: each figure is a ratio against a named limit that was measured in the same run."""
