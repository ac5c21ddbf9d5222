"""The files of DVC and of what else stands for contents kept elsewhere, each read in one place."""
