"""What goes into a model and what comes out, as JSON Schema. Pure."""
