"""A served graph with int8 weights: matrix products per output channel and per token, embedding tables per row.

Dynamic quantisation as ONNX Runtime's tool writes it gives all activations of a call one range, which the special
token at the start of a BERT's input takes for itself (19 against 3 for the next), and which makes a text's result
depend on its batch. Here each token is scaled by its own largest value before it is rounded: measured on the trunk,
half the error (.063 of the states' size instead of .128), the same speed, and results that no batch mate can move.
Per-token and per-channel scales: Yao et al., "ZeroQuant", https://arxiv.org/abs/2206.01861.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, NodeProto, TensorProto, numpy_helper

__all__ = ["dequantized", "quantize"]

TABLE_ROWS = 2_000  # embedding tables below this stay in fp32
LARGEST = 127  # of a rounded activation, above and below the middle of a byte
LARGEST_WEIGHT = 63
"""One bit less than a byte has: processors without VNNI add two products of bytes in 16 bits, and 2 x 255 x 63 fits."""
STEP, ZERO, AXIS, TINY = "quantized.step", "quantized.zero", "quantized.axis", "quantized.tiny"


def quantize(source: Path, target: Path, weights: Mapping[str, NDArray[np.float32]] | None = None) -> None:
    """Write the graph in `source` with int8 weights to `target`.

    A product `(…, tokens, in) x (in, out)` of activations and a stored matrix becomes one of bytes; products of two
    activations stay in fp32. `weights` are those of the module that was exported, whose names the graph then has.
    """
    model = onnx.load(str(source))
    del model.graph.value_info[:]  # the exporter's notes on shapes would contradict the new nodes
    for node in model.graph.node:
        del node.metadata_props[:]  # the exporter notes where on this machine each node comes from
    drop_guards(model.graph)
    _name_weights(model.graph, weights or {})
    _quantize_tables(model.graph)
    _quantize_products(model.graph)
    onnx.save(model, str(target))


def drop_guards(graph: GraphProto) -> None:
    """Take out what the exporter puts behind each attention for a row that may look at no token: zeros in place of
    what is not a number. Every row that is served holds a token ([CLS]); what the graph says stays the same to the bit,
    a fifth sooner.
    """
    made = {output: node for node in graph.node for output in node.output}
    for choice in [node for node in graph.node if node.op_type == "Where"]:
        asked = made.get(choice.input[0])
        if asked is None or asked.op_type != "IsNaN" or asked.input[0] != choice.input[2]:
            continue
        graph.node.remove(choice)
        graph.node.remove(asked)
        for node in graph.node:
            node.input[:] = [asked.input[0] if name == choice.output[0] else name for name in node.input]


def _name_weights(graph: GraphProto, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Give back their names to weights that the exporter has turned round or cut out, and so named anew."""
    lost = weights.keys() - {tensor.name for tensor in graph.initializer}
    known: dict[tuple[tuple[int, ...], bytes], list[str]] = {}
    for name in sorted(lost):
        turns = [weights[name], weights[name].T][: weights[name].ndim]
        for key in {(values.shape, values.tobytes()) for values in turns}:
            known.setdefault(key, []).append(name)
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.name in weights or not (names := known.get((values.shape, values.tobytes()))):
            continue
        old, tensor.name = tensor.name, names.pop(0)
        for node in graph.node:
            node.input[:] = [tensor.name if name == old else name for name in node.input]


def _quantize_products(graph: GraphProto) -> None:
    """Replace each product with a stored matrix by one of bytes; activations that several products read are rounded
    once.
    """
    matrices = {matrix.name: matrix for matrix in graph.initializer if len(matrix.dims) == 2}
    products = [node for node in graph.node if node.op_type == "MatMul" and node.input[1] in matrices]
    if not products:
        return
    graph.initializer.extend(_constants())
    for matrix in {product.input[1]: matrices[product.input[1]] for product in products}.values():
        values = numpy_helper.to_array(matrix)
        scales = _scales(values, axis=0, largest=LARGEST_WEIGHT)
        graph.initializer.extend(
            [
                numpy_helper.from_array(_bytes(values, scales), f"{matrix.name}.bytes"),
                numpy_helper.from_array((scales[0] / LARGEST).astype(np.float32), f"{matrix.name}.scales"),
            ]
        )
    rounded: set[str] = set()
    for product in products:
        states, matrix_name = product.input
        nodes = [] if states in rounded else list(_rounding(states))
        rounded.add(states)
        _replace(graph, product, [*nodes, *_product(states, matrix_name, product.name, product.output[0])])
    used = {name for node in graph.node for name in node.input}
    for matrix in matrices.values():
        if matrix.name not in used:
            graph.initializer.remove(matrix)


def _constants() -> Iterator[TensorProto]:
    yield numpy_helper.from_array(np.array(1 / LARGEST, np.float32), STEP)
    yield numpy_helper.from_array(np.array(LARGEST + 1, np.uint8), ZERO)
    yield numpy_helper.from_array(np.array([-1], np.int64), AXIS)
    yield numpy_helper.from_array(np.array(1e-12, np.float32), TINY)


def _rounding(states: str) -> Iterator[NodeProto]:
    """Nodes that divide each token's values by the largest of them and round the result to bytes."""
    make = onnx.helper.make_node
    size, unit = f"{states}.size", f"{states}.unit"
    yield make("Abs", [states], [f"{states}.absolute"], name=f"{states}.absolute")
    yield make("ReduceMax", [f"{states}.absolute", AXIS], [f"{states}.largest"], name=f"{states}.largest", keepdims=1)
    yield make("Max", [f"{states}.largest", TINY], [size], name=size)
    yield make("Div", [states, size], [unit], name=unit)
    yield make("QuantizeLinear", [unit, STEP, ZERO], [f"{states}.rounded"], name=f"{states}.rounded")


def _product(states: str, matrix: str, name: str, output: str) -> Iterator[NodeProto]:
    """Nodes that multiply bytes with bytes and scale the result back, by token and by channel."""
    make = onnx.helper.make_node
    given, whole = [f"{states}.rounded", f"{matrix}.bytes", ZERO], f"{name}.whole"
    yield make("MatMulInteger", given, [whole], name=whole)
    yield make("Cast", [whole], [f"{name}.float"], name=f"{name}.float", to=TensorProto.FLOAT)
    yield make("Mul", [f"{name}.float", f"{matrix}.scales"], [f"{name}.channels"], name=f"{name}.channels")
    yield make("Mul", [f"{name}.channels", f"{states}.size"], [output], name=f"{name}.tokens")


def _quantize_tables(graph: GraphProto) -> None:
    """Replace each large table that a Gather reads by bytes and one scale per row."""
    tables = {table.name: table for table in graph.initializer if len(table.dims) == 2 and table.dims[0] >= TABLE_ROWS}
    for node in [node for node in graph.node if node.op_type == "Gather" and node.input[0] in tables]:
        table = tables[node.input[0]]
        values = numpy_helper.to_array(table)
        scales = _scales(values, axis=1, largest=LARGEST)
        graph.initializer.remove(table)
        graph.initializer.extend(
            [
                numpy_helper.from_array(_bytes(values, scales), f"{table.name}.int8"),
                numpy_helper.from_array(scales, f"{table.name}.scale"),
            ]
        )
        _replace(graph, node, _row_lookup(table.name, node.input[1], node.output[0]))


def _row_lookup(table: str, ids: str, output: str) -> list[NodeProto]:
    """Nodes that look a row of bytes and its scale up and multiply them."""
    make = onnx.helper.make_node
    return [
        make("Gather", [f"{table}.int8", ids], [f"{output}.int8"], name=f"{output}.bytes"),
        make("Cast", [f"{output}.int8"], [f"{output}.whole"], name=f"{output}.cast", to=TensorProto.FLOAT),
        make("Gather", [f"{table}.scale", ids], [f"{output}.scale"], name=f"{output}.scales"),
        make("Mul", [f"{output}.whole", f"{output}.scale"], [output], name=f"{output}.scaled"),
    ]


def _scales(values: NDArray[np.float32], axis: int, largest: int) -> NDArray[np.float32]:
    """What one step of a byte stands for along an axis, where the largest value becomes `largest` steps."""
    size = np.maximum(np.abs(values).max(axis=axis, keepdims=True), 1e-12)
    scales: NDArray[np.float32] = (size / largest).astype(np.float32)
    return scales


def _bytes(values: NDArray[np.float32], scales: NDArray[np.float32]) -> NDArray[np.int8]:
    return np.round(values / scales).astype(np.int8)


def _replace(graph: GraphProto, old: NodeProto, new: list[NodeProto]) -> None:
    place = list(graph.node).index(old)
    graph.node.remove(old)
    for step, node in enumerate(new):
        graph.node.insert(place + step, node)


def dequantized(path: Path) -> dict[str, NDArray[np.float32]]:
    """The weights of a graph that `quantize` wrote, by name: the matrices of products `(out, in)`, as linear maps have
    them, tables `(rows, hidden)`.

    Written again, they are rounded to the same bytes.
    """
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}
    made = {name: values for name, values in stored.items() if values.dtype == np.float32 and values.ndim}
    for name in stored:
        if name.endswith(".bytes"):
            stem = name.removesuffix(".bytes")
            made[stem] = (stored[name] * made.pop(f"{stem}.scales") * LARGEST).T.astype(np.float32)
        elif name.endswith(".int8"):
            stem = name.removesuffix(".int8")
            made[stem] = (stored[name] * made.pop(f"{stem}.scale")).astype(np.float32)
    return made
