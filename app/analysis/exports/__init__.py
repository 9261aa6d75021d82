"""Exports of a profile as files for people and for other tools."""
