"""Related code: which files of the repository matter for a text, inside a token budget."""
