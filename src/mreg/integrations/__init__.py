"""What joins mreg to other stacks; each on the facade alone, and imported by that stack only."""
