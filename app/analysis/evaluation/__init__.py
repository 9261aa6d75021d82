"""Measures the accuracy of profiles against labelled resumes."""
