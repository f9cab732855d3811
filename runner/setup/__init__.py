"""First set-up of a machine or a repository."""
