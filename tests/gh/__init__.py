"""Tests of the gh program: its words, its answers, and the calls that are made of the real one."""
