"""Measurements: ratios in one run against a floor or a peer; the tables are in docs/benchmarks.md."""
