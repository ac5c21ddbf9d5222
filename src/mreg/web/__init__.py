"""Pages over one or many registries, as files that any web host and `file://` can show.

It stands on the facade alone. `read` asks registries and returns values; the pages are made of
these by functions, values in and markup out; `folder` alone touches the disk; `site` puts them
together.
"""
