"""Traces of uploads that went through a batch, as a collector on a real socket receives them."""

from dataclasses import replace

import sqlalchemy as sa

from app.observability.collector import connect
from app.storage.tables import analyses as analyses_table
from tests.contract.batches.conftest import Lane
from tests.end_to_end.span_receiver import receiving_spans
from tests.scripted_model import Behaviour, ScriptedModel


def test_a_line_is_in_the_trace_of_its_upload_and_provider_calls_have_their_own_trace(
    lane: Lane, model: ScriptedModel
) -> None:
    model.script.replace(Behaviour(prompt_tokens=2000, completion_tokens=300))
    made = lane.upload()
    with lane.database.transaction() as tx:
        mine = analyses_table.c.id == made.analysis_id
        traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        tx.execute(sa.update(analyses_table).where(mine).values(traceparent=traceparent))
    with receiving_spans() as receiver:
        traces = connect(receiver.url, "", "analysis")
        lane.parts = replace(lane.parts, analysis=replace(lane.analysis, traces=traces))
        batch_id = lane.start()
        lane.run(batch_id)
        traces.close()
        spans = receiver.spans()
    (line,) = [span for span in spans if span.name == "collect_batch"]
    assert (line.trace_id, line.parent_id) == ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
    assert line.attributes["vitae.resume.id"] == str(made.resume_id)
    assert (line.attributes["vitae.batch.id"], line.attributes["vitae.client"]) == (str(batch_id), "GPT4o")
    assert (line.attributes["gen_ai.usage.input_tokens"], line.attributes["gen_ai.usage.output_tokens"]) == (2000, 300)
    looks = [span for span in spans if span.name == "advance_batch"]
    assert [span.attributes["vitae.batch.state"] for span in looks] == ["preparing", "running"]
    assert all(span.trace_id != line.trace_id for span in looks)
