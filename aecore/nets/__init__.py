"""Networks, built from the data's shape. A net knows shapes and nothing else."""

from typing import Annotated

from aecore.nets.conv import conv
from aecore.nets.mlp import mlp
from aecore.nets.network import Encoder, Network
from aecore.nets.recurrent import recurrent
from aecore.nets.transformer import transformer
from aecore.options import Component, Slot

NETS: dict[str, Component] = {"mlp": mlp, "conv": conv, "recurrent": recurrent, "transformer": transformer}

Net = Annotated[Component, Slot(NETS), "The network that encodes, and whose mirror decodes."]

__all__ = ["NETS", "Encoder", "Net", "Network", "conv", "mlp", "recurrent", "transformer"]
