"""Other people's executors, as oracles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx

Array = np.ndarray[Any, Any]


def qonnx_outputs(path: Path, images: Array) -> Array:
    """The QONNX executor's output for each frame: float [frames, n].

    It makes a session of ONNX Runtime for every node of every run, so all frames are one batch;
    one at a time in models that hold the size of a batch elsewhere, too.
    """
    found = _qonnx_batch(path, images)
    if len(found) == len(images):
        return found
    return np.concatenate([_qonnx_batch(path, image[None]) for image in images])


def _qonnx_batch(path: Path, images: Array) -> Array:
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.infer_shapes import InferShapes

    model = ModelWrapper(str(path))
    source, target = model.graph.input[0], model.graph.output[0]
    for value in (source, target):
        value.type.tensor_type.shape.dim[0].dim_value = len(images)
    del model.graph.value_info[:]  # sizes of another batch
    found: Array = execute_onnx(model.transform(InferShapes()), {source.name: images})[target.name]
    return found


def onnxruntime_tensors(
    path: Path,
    feed: dict[str, Array],
    names: list[str],
    *,
    optimized: bool,
    exact_products: bool = False,
) -> list[Array]:
    """ONNX Runtime's values of tensors of the model, by name, for one batch.

    With `exact_products` optimized kernels do not saturate where they add uint8 x int8 products in
    16 bits (x86-64 processors without VNNI). It is for QDQ models whose weights are int8.
    """
    import onnxruntime

    model = onnx.load(path)
    known = {value.name for value in model.graph.output}
    for name in names:
        if name not in known:
            model.graph.output.append(onnx.ValueInfoProto(name=name))
    options = onnxruntime.SessionOptions()
    if exact_products:
        options.add_session_config_entry("session.x64quantprecision", "1")
    if not optimized:
        level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    values: list[Array] = session.run(names, feed)
    return values
