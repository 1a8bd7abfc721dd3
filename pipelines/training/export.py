"""From torch to the files that ONNX Runtime serves: one graph per call, int8 weights per channel."""

import logging
import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer
from torch import Tensor, nn
from torch.export import Dim

logger = logging.getLogger(__name__)

OPSET = 21
TABLE_ROWS = 2_000  # embedding tables below this stay in fp32


def export_onnx(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    path: Path,
    dynamic: Mapping[str, Sequence[str | None]],
) -> None:
    """Write `module` as one ONNX file with its weights inside.

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


def _name_dimensions(path: Path, dynamic: Mapping[str, Sequence[str | None]]) -> None:
    """Write the caller's names of the dynamic dimensions into the graph's inputs."""
    model = onnx.load(str(path))
    for value in model.graph.input:
        for axis, name in enumerate(dynamic.get(value.name, ())):
            if name:
                value.type.tensor_type.shape.dim[axis].dim_param = name
    onnx.save(model, str(path))


def quantize(source: Path, target: Path, *, blockwise: Collection[str] = ()) -> None:
    """Write `source` with int8 weights: matrix products per output channel, embedding tables per row.

    Activations are quantised on the fly with one range for a whole tensor. Products whose node name contains one of
    `blockwise` get a range for every 32 values instead: nearly exact, at about half the speed.
    """
    model = onnx.load(str(source))
    del model.graph.value_info[:]  # the quantiser would contradict the exporter's shape annotations
    for node in model.graph.node:
        del node.metadata_props[:]  # the exporter notes where on this machine each node comes from
    _quantize_tables(model)
    products = [node.name for node in model.graph.node if node.op_type == "MatMul"]
    others = [name for name in products if name not in blockwise]
    if blockwise:
        model = _quantize_blockwise(model, others)
    with TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        onnx.save(model, str(prepared))
        quantize_dynamic(
            str(prepared), str(target), per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"]
        )


def _quantize_blockwise(model: onnx.ModelProto, others: list[str]) -> onnx.ModelProto:
    config = DefaultWeightOnlyQuantConfig(block_size=32, is_symmetric=True, accuracy_level=4, bits=8)
    quantizer = MatMulNBitsQuantizer(model, algo_config=config, nodes_to_exclude=others)
    quantizer.process()
    return quantizer.model.model  # type: ignore[no-any-return]  # onnxruntime leaves it untyped


def _quantize_tables(model: onnx.ModelProto) -> None:
    """Replace each large table that a Gather reads by bytes and one scale per row."""
    graph = model.graph
    tables = {table.name: table for table in graph.initializer if len(table.dims) == 2 and table.dims[0] >= TABLE_ROWS}
    for node in [node for node in graph.node if node.op_type == "Gather" and node.input[0] in tables]:
        table = tables[node.input[0]]
        values = numpy_helper.to_array(table)
        scales = np.maximum(np.abs(values).max(axis=1, keepdims=True), 1e-12).astype(np.float32) / 127
        whole = np.round(values / scales).astype(np.int8)
        graph.initializer.remove(table)
        graph.initializer.extend(
            [
                numpy_helper.from_array(whole, f"{table.name}.int8"),
                numpy_helper.from_array(scales, f"{table.name}.scale"),
            ]
        )
        place = list(graph.node).index(node)
        graph.node.remove(node)
        for step, new in enumerate(_row_lookup(table.name, node.input[1], node.output[0])):
            graph.node.insert(place + step, new)


def _row_lookup(table: str, ids: str, output: str) -> list[onnx.NodeProto]:
    """Nodes that look a row of bytes and its scale up and multiply them."""
    make = onnx.helper.make_node
    return [
        make("Gather", [f"{table}.int8", ids], [f"{output}.int8"], name=f"{output}.bytes"),
        make("Cast", [f"{output}.int8"], [f"{output}.whole"], name=f"{output}.cast", to=onnx.TensorProto.FLOAT),
        make("Gather", [f"{table}.scale", ids], [f"{output}.scale"], name=f"{output}.scales"),
        make("Mul", [f"{output}.whole", f"{output}.scale"], [output], name=f"{output}.scaled"),
    ]
