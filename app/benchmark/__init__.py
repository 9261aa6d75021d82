"""Measures a model server or a running service from outside: sends load, records outcomes. For `vitae bench`."""
