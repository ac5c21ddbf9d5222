"""The exit codes."""

DONE, REFUSED, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130
