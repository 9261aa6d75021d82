"""What the fields of an evaluation are called where people read them: terminal, report page, documentation."""

FIELD_NAMES = {
    "work": "employer and position",
    "work_dates": "dates of work",
    "education_dates": "dates of education",
    "degree": "degree and field",
}
