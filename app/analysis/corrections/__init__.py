"""Corrections that people make to a profile: parsed, checked and applied to the result of an analysis."""
