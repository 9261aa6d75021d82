"""Routes about the values of a profile: corrections and the review queue."""
