"""From torch to the files that ONNX Runtime serves: one graph per call."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.export import Dim

from kgqa.pipelines.training.quantization import dequantized, quantize

logger = logging.getLogger(__name__)

OPSET = 21


def export_onnx(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    path: Path,
    dynamic: Mapping[str, Sequence[str | None]],
    *,
    int8: bool = False,
) -> None:
    """Write `module` as one ONNX file with its weights inside; with `int8` these are rounded to bytes and keep their
    names, so that `served_weights` gives them back.

    `inputs` are examples by name, in the order of `forward`; every dynamic dimension of an example must be at least 2
    and differ from the others. `dynamic` names the free dimensions of each input (`None` for a fixed one); the same
    name is the same size, and outputs follow.
    """
    dims = {name: Dim.DYNAMIC for names in dynamic.values() for name in names if name}
    shapes = tuple({axis: dims[name] for axis, name in enumerate(dynamic[key]) if name} for key in inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own deprecations
        program = torch.onnx.export(
            module.eval(),
            tuple(inputs.values()),
            dynamo=True,
            dynamic_shapes=shapes,
            opset_version=OPSET,
            input_names=list(inputs),
            output_names=list(outputs),
            verbose=False,
        )
    assert program is not None
    program.save(str(path), external_data=False)
    _name_dimensions(path, dynamic)
    if int8:
        quantize(
            path, path, {name: value.detach().float().cpu().numpy() for name, value in module.state_dict().items()}
        )


def export_top(top: nn.Module, hidden: int, outputs: Sequence[str], path: Path) -> None:
    """Write a family's layers and heads, of states, mask and roles, as a graph with weights in int8 per channel.

    Batch and length are free; `hidden` is the size of a state.
    """
    # each input is a tensor of its own: the exporter takes one that is given twice for one input
    inputs = {
        "states": torch.zeros(2, 16, hidden),
        "attention_mask": torch.ones(2, 16, dtype=torch.long),
        "roles": torch.ones(2, 16, dtype=torch.long),
    }
    free = ("batch", "tokens")
    dynamic = {"states": (*free, None), "attention_mask": free, "roles": free}
    export_onnx(top, inputs, outputs, path, dynamic, int8=True)


def served_weights(graph: Path) -> dict[str, Tensor]:
    """The weights of x, by name: training goes on from what is served."""
    return {name: torch.tensor(values) for name, values in dequantized(graph).items()}


def _name_dimensions(path: Path, dynamic: Mapping[str, Sequence[str | None]]) -> None:
    """Write the caller's names of the dynamic dimensions into the graph's inputs."""
    model = onnx.load(str(path))
    for value in model.graph.input:
        for axis, name in enumerate(dynamic.get(value.name, ())):
            if name:
                value.type.tensor_type.shape.dim[axis].dim_param = name
    onnx.save(model, str(path))
