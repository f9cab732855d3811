"""A repository read, the private clone and its work trees, commit and push."""
