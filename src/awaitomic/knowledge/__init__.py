"""Tables about Python's libraries: data only, so that a fact can be found, doubted and mended in one place."""
