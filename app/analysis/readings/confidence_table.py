"""The probabilities that `confidence` uses, printed by `python -m benchmarks.fit_confidence`.

By agreement of the readings and kind of value; the first number is for complete entries, the second for partial ones.
"""

from collections.abc import Mapping

PROBABILITY: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "agreed": {
        "contact": (0.995, 0.995),
        "person": (0.995, 0.995),
        "identity": (0.995, 0.988),
        "date": (0.995, 0.953),
        "list": (0.995, 0.995),
        "text": (0.995, 0.995),
        "detail": (0.995, 0.955),
    },
    "contested": {
        "contact": (0.844, 0.797),
        "person": (0.875, 0.797),
        "identity": (0.796, 0.775),
        "date": (0.558, 0.717),
        "list": (0.797, 0.797),
        "text": (0.873, 0.797),
        "detail": (0.83, 0.824),
    },
    "unconfirmed": {
        "contact": (0.961, 0.929),
        "person": (0.972, 0.929),
        "identity": (0.98, 0.908),
        "date": (0.988, 0.966),
        "list": (0.803, 0.929),
        "text": (0.74, 0.492),
        "detail": (0.96, 0.911),
    },
    "alone": {
        "contact": (0.897, 0.897),
        "person": (0.897, 0.897),
        "identity": (0.929, 0.864),
        "date": (0.858, 0.812),
        "list": (0.988, 0.907),
        "text": (0.892, 0.867),
        "detail": (0.955, 0.852),
    },
    "unread": {
        "contact": (0.994, 0.923),
        "person": (0.966, 0.923),
        "identity": (0.923, 0.811),
        "date": (0.951, 0.827),
        "list": (0.99, 0.953),
        "text": (0.895, 0.52),
        "detail": (0.949, 0.837),
    },
}
