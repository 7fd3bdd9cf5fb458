"""Tests of the reader: pages built in many ways, each article with one record worked out by hand."""
