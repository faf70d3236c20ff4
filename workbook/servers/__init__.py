"""Real servers on free loopback ports, each a context manager: for snippets and for checks."""
