"""MLflow's model registry, kept in Git: a registry store and an artifact repository for MLflow.

MLflow finds both by the entry points of this package (docs/how-to/mlflow.md). `store`, `artifacts`,
`entities`, `search` and `failures` import MLflow; the other modules do not, so that mreg's own
tests can hold them to what they say.
"""
