"""Asking Claude: one interface, the real program, a recorded run, and the reader of its stream."""
