"""One database: connections, transactions, numbered migrations."""
