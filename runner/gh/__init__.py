"""The `gh` program: its words, its answers from the API, and the calls that we make of it."""
