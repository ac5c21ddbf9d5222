"""Lineage: what versions were made from, as a graph. Pure: facts in, a graph out."""
