"""The timing of server-sent events; tests shorten it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamTiming:
    keep_alive_seconds: float = 15  # proxies close connections that are silent for 30 to 60 seconds
    look_again_seconds: float = 5  # the longest delay of a change while Redis is unavailable
