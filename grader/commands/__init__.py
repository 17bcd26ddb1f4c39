"""One module a command; each has a click command named `command` and tells its whole story from top to bottom."""
