"""Which files there are, and their bytes as text: everything that must be known before a file can be analysed."""
