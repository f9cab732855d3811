"""An agent runner that lives in a developer's git checkout."""

__version__ = "0.1.0"
