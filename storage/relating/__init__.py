"""What articles are about, and which say nearly the same: made of their own text alone, kept in the archive.

`words` and `likeness` are pure; `keeping` brings the tables up to date when a run ends; `asking` answers.
"""
