"""Tests that break things: kills, stale leases, hostile agents, hostile text, deliveries that fail half way."""
