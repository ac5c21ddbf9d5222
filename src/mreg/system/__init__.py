"""This machine: the user's cache folder, locks, and running a command."""
