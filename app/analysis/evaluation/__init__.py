"""Profiles held against the truth of labelled resumes."""
