"""From values to text: tables, JSON and HTML. Nothing here knows what a registry is."""
