"""Release notes: which versions, what became of each, and the same in words."""
