"""Grounding: drops the values of an answer that are not in its document and adds evidence for the others."""
