"""Import models and their versions from another registry, with their original times.

`--plan` shows what would be imported, and changes nothing. An import can be repeated: each tag says
what it was imported from, and only what is new is added. Nothing is published until `mreg push`.
"""
