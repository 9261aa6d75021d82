"""A person's identity: found in a document, hidden in the blind view, and withheld from hosted models."""
