"""A model server that follows a stage, on KServe's own: `mreg serve`, docs/how-to/serve.md."""
