"""Runs everything: one file from text to findings and fixes, and many files in one process or several."""
