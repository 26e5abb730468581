"""Carries out plans: the only room that changes text, and the only one that imports libcst (in the modules that do)."""
