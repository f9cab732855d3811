"""The shared work: tasks, claims and leases, over one database."""
