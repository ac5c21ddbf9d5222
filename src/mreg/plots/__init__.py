"""Plots of versions: what a dvc.yaml defines, and DVCLive logged, with the data of a commit."""
