"""One run of one task: recorded steps, verification, delivery."""
