"""Programs and services that stand in for the outside, over real sockets."""
