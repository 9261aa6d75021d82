"""The scheduler's view of the model servers reaches the routing rules of every worker through Redis."""

from app.observability.machine_board import MachineBoard, Machines
from app.observability.vllm_metrics import ServerMetrics


def test_requests_waiting_in_all_servers_are_added_up(redis_url: str) -> None:
    board = MachineBoard(redis_url)
    assert board.requests_waiting() is None
    servers = {f"LocalVLLM@{port}": ServerMetrics(gauges={"requests_waiting": float(port)}) for port in (3, 5)}
    board.write(Machines({**servers, "Other@1": ServerMetrics(gauges={})}), for_seconds=60)
    assert MachineBoard(redis_url).requests_waiting() == 8


def test_nothing_is_known_without_redis() -> None:
    assert MachineBoard("redis://127.0.0.1:1/0").requests_waiting() is None
