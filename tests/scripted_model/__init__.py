"""A real HTTP server that speaks like vLLM and OpenAI and does what a script says; for tests and by hand."""

from tests.scripted_model.behaviour import Behaviour, Script, Step
from tests.scripted_model.server import Call, ScriptedModel

__all__ = ["Behaviour", "Call", "Script", "ScriptedModel", "Step"]
