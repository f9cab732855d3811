"""Secrets out of streams, files and diffs."""
