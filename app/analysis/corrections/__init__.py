"""What people put right in a profile, read, checked and laid over what an analysis read."""
