"""The allowance on a local disk: a checksummed snapshot, a short log behind it, and two locks."""
