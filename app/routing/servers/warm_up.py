"""Prints deploy/vllm/warm_up.json: `python -m app.routing.servers.warm_up > deploy/vllm/warm_up.json`.

A model server gets this request before it counts as ready (deploy/vllm/start.sh): a request as Vitae sends it, about an
invented person, so that the first real one finds everything loaded. A test compares the file with the current prompt.
"""

import json
import sys

from app.routing.baml_client import render_request
from app.routing.question import Question

# Enough to load everything that writing an answer needs; the rest of the answer is discarded.
_ANSWER_TOKENS = 128
_RESUME = """1| Ottoline Marchbanks-Reyes
2| Data Engineer
3| ottoline.marchbanks@example.org | +1 555 0100 | Porto, Portugal

4| Experience
5| Data Engineer, Quarrystone Ltd
6| Mar 2019 - Present
7| - Moved 40 nightly pipelines to a queue; failures down from 12 a week to one.
8| - Led a team of four.
9| Analyst, Bramblewick Freight
10| 2015 - Feb 2019
11| - Built the first forecast of container demand.

12| Education
13| B.Sc. Informatics, University of Coimbra
14| 2011 - 2014

15| Skills
16| Languages: Python, SQL, Scala
17| Tools: Airflow, Kafka, Postgres

18| Languages
19| Portuguese (native), English (fluent)
"""


def warm_up_request() -> str:
    """The body of a chat completion as JSON; the sender adds the model name."""
    body = render_request(Question.extract_profile(_RESUME), structured=True)
    return json.dumps({**body, "max_tokens": _ANSWER_TOKENS}, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(warm_up_request())
