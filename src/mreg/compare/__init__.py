"""Versions held against each other: two of them, all of an artifact, and both as tables."""
