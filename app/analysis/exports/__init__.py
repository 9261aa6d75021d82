"""A profile as a file for people and for other tools."""
