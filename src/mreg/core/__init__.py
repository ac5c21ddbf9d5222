"""The registry as values: names, versions, tags, events, replay, queries, plans; no Git."""
