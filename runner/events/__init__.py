"""What happened, as typed values, and the sinks that take them."""
