"""Tests of the forges: the real gh against a GitHub of our own, the local stand-in, the texts."""
