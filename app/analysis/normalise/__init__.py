"""Normalizes values that resumes write in many ways: dates, phones, countries, skills, languages, degrees."""
