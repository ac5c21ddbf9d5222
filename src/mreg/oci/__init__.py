"""Formats of the Open Container Initiative: references, manifests, layers. Pure: values only."""
