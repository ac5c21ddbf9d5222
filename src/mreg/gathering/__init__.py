"""Gathering what answers are made of, from the versions' commits."""
