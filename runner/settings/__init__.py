"""Settings in layers: built-in < user < project < environment < flags; checked once."""
