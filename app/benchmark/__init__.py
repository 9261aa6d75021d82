"""Measures a model server or a running service from outside: load, and what became of it. Called by `vitae bench`."""
