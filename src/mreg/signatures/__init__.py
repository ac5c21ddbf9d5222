"""Signatures as bytes: those of SSH and of OpenPGP."""
