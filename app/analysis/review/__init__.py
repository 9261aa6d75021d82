"""What a person should check of a result, and in which order; the review queue is made from it."""
