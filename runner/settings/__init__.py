"""Settings in layers: built-in < user < project < environment < flags; checked once.

Values that every command makes are named tuples here, not dataclasses: a frozen, slotted dataclass takes about
three times as long to define, there are thirty of them, and every command pays that before it does anything.
"""
