"""One form for what resumes write in many: dates, phones, countries, skills, languages, degrees."""
