"""Annotations: what an artifact is, as it stands in artifacts.yaml or dvc.yaml."""
