"""Measures the accuracy of profiles against labeled resumes."""
