"""A real HTTP server that imitates vLLM and OpenAI and follows a script; for tests and for manual use."""

from tests.scripted_model.behaviour import Behaviour, Script, Step
from tests.scripted_model.server import Call, ScriptedModel

__all__ = ["Behaviour", "Call", "Script", "ScriptedModel", "Step"]
