"""Small resumes of invented people, each different from all others."""

_FIRST_NAMES = ("Ada", "Bela", "Cleo", "Dana", "Edda", "Finn", "Gero", "Hana", "Ivo", "Jola")
_SYLLABLES = ("ba", "den", "fo", "gur", "hil", "kan", "lo", "mar", "nes", "tor")


def surname(number: int) -> str:
    """Return an invented surname, different for each number."""
    return "Samp" + "".join(_SYLLABLES[int(digit)] for digit in str(number))


def resume_text(number: int) -> bytes:
    first = _FIRST_NAMES[number % 10]
    return (
        f"{first} {surname(number)}\nSoftware Engineer\n"
        f"{first.lower()}.{number}@example.com | +1 202 555 0{100 + number % 100}\n\n"
        f"EXPERIENCE\nSoftware Engineer, Brightwater Systems {number}, Berlin\nMarch 2018 - Present\n"
        "- Built the billing service\n\nEDUCATION\nB.Sc. Computer Science, University of Northfield, 2014 - 2017\n\n"
        "SKILLS\nPython, PostgreSQL, Redis\n"
    ).encode()
