"""The health of a model server, read from its metrics."""

import pytest

from app.observability.health import Health, read_metrics


@pytest.mark.parametrize(
    ("metrics", "health"),
    [
        ("", "up"),
        ('vllm:num_requests_waiting{model_name="m"} 0.0\nvllm:num_requests_running{model_name="m"} 7.0\n', "up"),
        ('vllm:num_requests_waiting{engine="0"} 0.0\nvllm:num_requests_waiting{engine="1"} 2.0\n', "saturated"),
        ('vllm:kv_cache_usage_perc{model_name="m"} 0.99\n', "saturated"),
        ('vllm:gpu_cache_usage_perc{model_name="m"} 0.5\n', "up"),
        ("# HELP vllm:num_requests_waiting 9\n", "up"),
    ],
)
def test_a_server_is_saturated_when_its_metrics_show_it(metrics: str, health: Health) -> None:
    assert read_metrics(metrics).health == health


def test_its_own_requests_are_counted_over_all_engines() -> None:
    text = 'vllm:num_requests_running{engine="0"} 3.0\nvllm:num_requests_running{engine="1"} 4.0\n'
    assert read_metrics(text).running == 7
