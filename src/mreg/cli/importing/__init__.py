"""Move in: record what another registry holds, with its own times, in this one.

`--plan` shows what would be made, and changes nothing. It can be repeated: what was imported is
known by its tag, and only what is new is added. Nothing is published: `mreg push` does that.
"""
