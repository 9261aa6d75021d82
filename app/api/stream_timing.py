"""The rhythm of the server-sent events; tests make it faster."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamTiming:
    keep_alive_seconds: float = 15  # proxies close connections that are silent for 30 to 60 seconds
    look_again_seconds: float = 5  # how late a change is seen when Redis is away
