"""This machine: the cache folder, locks, replacing a file, running a command."""
