"""Where pull requests go: GitHub through `gh`, or a local stand-in when there is no remote."""
