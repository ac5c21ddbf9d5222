"""Files as somebody may commit them to break what reads them: generated, mutated, and read."""
