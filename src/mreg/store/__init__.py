"""The registry in a repository: reading it, writing to it, publishing it."""
