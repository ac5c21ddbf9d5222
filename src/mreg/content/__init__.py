"""Getting the bytes of a version: found, fetched into the cache, checked, and put in place."""
