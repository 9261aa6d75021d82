"""What the fields of an evaluation are called where people read them: terminal, report page, documentation."""

FIELD_NAMES = {
    "work": "employer and position",
    "work_dates": "dates of work",
    "education_dates": "dates of education",
    "work_dates_as_printed": "dates of work, as printed",
    "education_dates_as_printed": "dates of education, as printed",
    "degree": "degree and field",
}
