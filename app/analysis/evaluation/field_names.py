"""Names of the evaluated fields for people: on the terminal, in the report and in the documentation."""

FIELD_NAMES = {
    "work": "employer and position",
    "work_dates": "dates of work",
    "education_dates": "dates of education",
    "work_dates_as_printed": "dates of work, as printed",
    "education_dates_as_printed": "dates of education, as printed",
    "degree": "degree and field",
}
