"""Who somebody is: found, hidden from blind readers, kept from hosted models."""
