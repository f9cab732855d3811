"""Child processes: an argument list, an allow-listed environment, a deadline, nobody survives."""
