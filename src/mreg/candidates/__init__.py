"""What could become a version: commits of branches, and DVC's experiments."""
