"""A graph as an ONNX file; the only builder that needs the package `onnx`."""

from collections.abc import Mapping

import onnx
from onnx import TensorProto, helper, numpy_helper

from knowledgebases.embedders.build.encoder import MICROSOFT, OUTPUT, Graph, Shape


def onnx_of(graph: Graph, shape: Shape, *, outside: Mapping[str, tuple[str, int]] | None = None) -> onnx.ModelProto:
    """The finished model: int64 (n, s) inputs, float32 (n, s, hidden) output.

    `outside` names the constants whose values lie in a file beside the model: its name, and where in it they start.
    """
    tensors = [numpy_helper.from_array(value, name) for name, value in graph.constants.items()]
    for tensor in tensors:
        if outside and tensor.name in outside:
            file, start = outside[tensor.name]
            length = len(tensor.raw_data)
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in {"location": file, "offset": start, "length": length}.items():
                tensor.external_data.add(key=key, value=str(value))
    made = helper.make_graph(
        [
            helper.make_node(node.operator, node.inputs, [node.output], domain=node.domain or None, **node.attributes)
            for node in graph.nodes
        ],
        shape.name,
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "s"])
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", "s", shape.hidden])],
        tensors,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=8, producer_name="ragsite")
