"""What people grant (limits), what was spent (usage), and what is held before a run (reservations)."""
