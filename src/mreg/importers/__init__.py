"""Moving in: what other registries hold, recorded as if it had been here from the start.

A source reads another registry into values (`source`); `plan` decides, from these and from what
the registry has, what is to be made; `carry` makes it, a model at a time. All on the facade alone.
"""
