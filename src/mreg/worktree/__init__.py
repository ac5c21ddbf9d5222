"""What is done in the user's files: set up, annotate, check, log an artifact."""
