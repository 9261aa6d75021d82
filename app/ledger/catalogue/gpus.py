"""Memory of the GPUs that the cost profiles and the sizing advisor know. Called by both."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Gpu:
    """`memory_gb` in 10^9 bytes as the manufacturer states it; vLLM can use slightly less or more."""

    name: str
    memory_gb: Decimal


# As named on the manufacturers' product pages.
_SHIPPED = (
    Gpu("T4", Decimal(16)),
    Gpu("A10G", Decimal(24)),
    Gpu("L4", Decimal(24)),
    Gpu("RTX4090", Decimal(24)),
    Gpu("A6000", Decimal(48)),
    Gpu("L40S", Decimal(48)),
    Gpu("A100-40GB", Decimal(40)),
    Gpu("A100-80GB", Decimal(80)),
    Gpu("H100", Decimal(80)),
    Gpu("H200", Decimal(141)),
)
GPUS: dict[str, Gpu] = {gpu.name: gpu for gpu in _SHIPPED}
