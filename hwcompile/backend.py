"""ONNX's Backend API: a model in memory runs as the integers of its hardware.

    import hwcompile.backend as backend

    outputs = backend.prepare(model).run([x])
    outputs = backend.run_model(model, [x], level="rtl")

`onnx.backend.base` says what the functions mean. What is particular to hardware:

- An input that the hardware cannot receive as a stream (a shape, axes, weights) is a *constant*:
  named in `constants`, or bound to the array that `run` gets, whenever it gets another one.
- Inputs of 32 and 64 bits arrive as the narrowest integers that hold what `run` gets.
- A batch that the file fixes becomes frames where that means the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any, TypeAlias
from weakref import finalize

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, helper, numpy_helper
from onnx.backend.base import Backend, BackendRep, namedtupledict

from hwcompile.design import Design, compile_with
from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.imported import ImportedModel
from hwcompile.frontends.load import Formats, load_model
from hwcompile.options import CompileOptions
from hwcompile.verify.quantizing import REALS, quantized_source

Array: TypeAlias = np.ndarray[Any, Any]

_CONTAINERS = ("uint8", "int8", "uint16", "int16")


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A model whose constants are known, and what was known when it was made."""

    imported: ImportedModel
    bound: Mapping[str, Array]
    model: ModelProto
    input_types: Mapping[str, str]

    @cached_property
    def folder(self) -> Path:
        """A folder that lives as long as this."""
        made = mkdtemp(prefix="hwcompile-")
        finalize(self, rmtree, made, ignore_errors=True)
        return Path(made)


@dataclass(eq=False)
class HardwareRep(BackendRep):
    """A model that is ready to run.

    Attributes:
        model: The model.
        level: Where frames run: `reference`, or a level of `hwcompile simulate`.
        constants: Arrays of inputs that are no streams, by name; None: those whose element type
            or operator says that they cannot be one.
        input_types: Types of inputs, as `hwcompile.compile` takes them.
        formats: Number formats of recurrent nodes, as `hwcompile.compile` takes them.
        compiling: Further options of `hwcompile.compile`, for levels other than `reference`.
    """

    model: ModelProto
    level: str = "reference"
    constants: Mapping[str, Array] = field(default_factory=dict)
    input_types: Mapping[str, str] = field(default_factory=dict)
    formats: Formats = None
    compiling: Mapping[str, Any] = field(default_factory=dict)
    _prepared: _Prepared | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs that `run` gets, in order."""
        stored = {t.name for t in self.model.graph.initializer} | set(self.constants)
        return tuple(v.name for v in self.model.graph.input if v.name not in stored)

    def run(self, inputs: Any, **kwargs: Any) -> tuple[Any, ...]:
        """The model's outputs.

        Args:
            inputs: Arrays in the order of the model's inputs, or by name; one array where there is
                one input.
            kwargs: As ONNX's API has them; none is known.

        Returns:
            Arrays with the names of the outputs.

        Raises:
            CompileError: With everything that cannot be compiled or does not fit.
            TypeError: For an option.
        """
        if kwargs:
            raise TypeError(f"run takes no options: {', '.join(kwargs)}; prepare takes them")
        feeds = self._feeds(inputs)
        prepared = self._ready(feeds)
        streams = {h.source: feeds[h.source] for h in prepared.imported.host_inputs}
        batch = _batch(prepared.imported, streams)
        found = self._outputs(prepared, {n: np.atleast_1d(_numbers(a)) for n, a in streams.items()})
        names = [v.name for v in self.model.graph.output]
        arrays = [_whole(found[name], prepared.imported, name, batch) for name in names]
        outputs: tuple[Any, ...] = namedtupledict("Outputs", names)(*arrays)
        return outputs

    @property
    def imported(self) -> ImportedModel | None:
        """The network of the last run, or of `prepare` where nothing had to wait for a run."""
        return None if self._prepared is None else self._prepared.imported

    def _feeds(self, inputs: Any) -> dict[str, Array]:
        names = self.inputs
        one = [inputs] if isinstance(inputs, np.ndarray) else inputs
        if len(one) != len(names) or (isinstance(one, Mapping) and set(one) != set(names)):
            raise fail(
                "HW0614",
                f"the model has the inputs {', '.join(names)}, and {len(one)} arrays are given",
                "",
                "give an array for each of them, in this order or by name",
            )
        given = one if isinstance(one, Mapping) else dict(zip(names, one, strict=True))
        return {name: _tensor(name, array) for name, array in given.items()}

    def _ready(self, feeds: Mapping[str, Array]) -> _Prepared:
        """The network for these feeds; the last one where its constants are the same."""
        last = self._prepared
        if last is not None and _same(last, feeds, self.input_types):
            return last
        self._prepared = made = self._bound(feeds)
        return made

    def _bound(self, feeds: Mapping[str, Array]) -> _Prepared:
        """The network with as few inputs bound as it takes.

        Raises:
            CompileError: What is wrong where as many inputs stream as can.
        """
        names = list(feeds)
        if not names:
            return self._import({}, {})
        first: CompileError | None = None
        for count in range(len(names), 0, -1):
            bound = {name: feeds[name] for name in names[count:]}
            try:
                return self._import(bound, {name: feeds[name] for name in names[:count]})
            except CompileError as error:
                first = first or error
        assert first is not None
        raise first

    def _import(self, bound: Mapping[str, Array], feeds: Mapping[str, Array]) -> _Prepared:
        model = with_constants(self.model, {**self.constants, **bound})
        types = {**_types(feeds), **self.input_types}
        with TemporaryDirectory(prefix="hwcompile-") as folder:
            path = _saved(model, Path(folder))
            return _Prepared(load_model(path, types, self.formats), bound, model, types)

    def _outputs(self, prepared: _Prepared, streams: Mapping[str, Array]) -> dict[str, Array]:
        if self.level == "reference":
            imported = prepared.imported
            source = quantized_source(imported.host_inputs, streams, REALS)
            return imported.run_host_outputs(imported.graph.evaluate(source.whole()))
        design = prepared.folder / "design"
        if not design.exists():
            options = CompileOptions(
                input_types=prepared.input_types,
                formats=self.formats,
                **{"allow_host": True, **self.compiling},
            )
            compile_with(_saved(prepared.model, prepared.folder), design, options)
        run = Design(design).simulate(dict(streams), level=self.level, inputs_are=REALS)
        return dict(run.real)


class HardwareBackend(Backend):
    """The Backend API on the integers of hardware."""

    @classmethod
    def prepare(cls, model: ModelProto, device: str = "CPU", **kwargs: Any) -> HardwareRep:
        """A model that is ready to run; where inputs may be constants, the first run compiles.

        Args:
            model: The model.
            device: "CPU": simulations run on the host.
            kwargs: `level`, `constants`, `input_types` and `formats` of `HardwareRep`; all others
                are options of `hwcompile.compile`.

        Raises:
            CompileError: HW0615 for another device, and everything that cannot be compiled.
        """
        if not cls.supports_device(device):
            raise fail(
                "HW0615",
                f"the device '{device}' is unknown",
                "networks are simulated on the host",
                "leave the device out, or write CPU",
            )
        names = ("level", "constants", "input_types", "formats")
        own = {name: kwargs.pop(name) for name in names if name in kwargs}
        return HardwareRep(model, **own, compiling=kwargs)

    @classmethod
    def run_model(
        cls, model: ModelProto, inputs: Any, device: str = "CPU", **kwargs: Any
    ) -> tuple[Any, ...]:
        """`prepare` and `run`."""
        return cls.prepare(model, device, **kwargs).run(inputs)

    @classmethod
    def run_node(
        cls,
        node: NodeProto,
        inputs: Any,
        device: str = "CPU",
        outputs_info: Sequence[tuple[Any, tuple[int, ...]]] | None = None,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """A model of one node on inputs of the arrays' types and shapes.

        Args:
            node: The node.
            inputs: Arrays, one for each input that is not absent.
            device: See `prepare`.
            outputs_info: Element type and shape of each output, where they are known.
            kwargs: `opset_version`, and those of `prepare`.

        Raises:
            CompileError: As `prepare`.
        """
        version = kwargs.pop("opset_version", onnx.defs.onnx_opset_version())
        names = [name for name in node.input if name]
        values = [
            helper.make_tensor_value_info(n, _number(np.asarray(a).dtype), np.shape(a))
            for n, a in zip(names, inputs, strict=True)
        ]
        known: list[Any] = list(outputs_info) if outputs_info else [None] * len(node.output)
        outputs = [
            onnx.ValueInfoProto(name=name) if info is None
            else helper.make_tensor_value_info(name, _number(np.dtype(info[0])), info[1])
            for name, info in zip(node.output, known, strict=True)
        ]  # fmt: skip
        graph = helper.make_graph([node], node.op_type or "node", values, outputs)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid(node.domain, version)])
        return cls.run_model(model, inputs, device, **kwargs)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """CPU, because networks are simulated."""
        return device.partition(":")[0] == "CPU"


def _saved(model: ModelProto, folder: Path) -> Path:
    path = folder / "model.onnx"
    onnx.save(model, str(path))
    return path


def with_constants(model: ModelProto, constants: Mapping[str, Array]) -> ModelProto:
    """A copy of the model with initializers in place of some inputs.

    Args:
        model: The model.
        constants: Arrays by the input's name; names that are no inputs stay unused.
    """
    changed = ModelProto()
    changed.CopyFrom(model)
    kept = [v for v in changed.graph.input if v.name not in constants]
    chosen = [v.name for v in changed.graph.input if v.name in constants]
    del changed.graph.input[:]
    changed.graph.input.extend(kept)
    changed.graph.initializer.extend(
        numpy_helper.from_array(np.asarray(constants[name]), name) for name in chosen
    )
    return changed


def _tensor(name: str, given: Any) -> Array:
    """The array of an input.

    Raises:
        CompileError: HW0614 for a sequence, a map, or nothing.
    """
    if isinstance(given, onnx.TensorProto):
        return numpy_helper.to_array(given)
    if not isinstance(given, np.ndarray | np.generic | int | float):
        raise fail(
            "HW0614",
            f"what is given for the input '{name}' is a {type(given).__name__}, and no tensor",
            "hardware receives one array of numbers for each input",
            "give a numpy array",
        )
    return np.asarray(given)


def _number(dtype: np.dtype[Any]) -> int:
    return int(helper.np_dtype_to_tensor_dtype(dtype))


def _container(array: Array) -> str:
    """The narrowest integers that hold an array of 32 or 64 bits; empty where there are none."""
    if array.dtype.kind not in "iu" or array.dtype.itemsize < 4 or not array.size:
        return ""
    low, high = int(array.min()), int(array.max())
    limits = ((name, np.iinfo(name)) for name in _CONTAINERS)
    return next((n for n, i in limits if i.min <= low and high <= i.max), "")


def _types(feeds: Mapping[str, Array]) -> dict[str, str]:
    found = {name: _container(array) for name, array in feeds.items()}
    return {name: kind for name, kind in found.items() if kind}


def _numbers(array: Array) -> Array:
    """Numbers as frames hold them: truths are 0 and 1, and few bits stand in a byte."""
    if array.dtype.name in ("bool", "uint2", "uint4"):
        return array.astype(np.uint8)
    return array.astype(np.int8) if array.dtype.name in ("int2", "int4") else array


def _same(last: _Prepared, feeds: Mapping[str, Array], given: Mapping[str, str]) -> bool:
    """The network is that of these feeds, with the types that the user gave."""
    bound = all(np.array_equal(feeds[name], array) for name, array in last.bound.items())
    streams = {h.source: feeds[h.source] for h in last.imported.host_inputs}
    narrow = {name: last.input_types.get(name, "") for name in streams if name not in given}
    return bound and _types(streams) == {name: kind for name, kind in narrow.items() if kind}


def _batch(imported: ImportedModel, streams: Mapping[str, Array]) -> bool:
    """The frames of this run are the first axis of the model's inputs."""
    return all(
        h.source_shape[:1] == (1,) and h.source_shape[1:] == streams[h.source].shape[1:]
        for h in imported.host_inputs
    )


def _whole(found: Array, imported: ImportedModel, name: str, batch: bool) -> Array:
    """An output in the shape of the file, of frames [frames, ...]."""
    host = next(h for h in imported.host_outputs if h.name == name)
    if batch and host.shape[:1] == (1,):
        return found
    return found.reshape(host.shape)


prepare = HardwareBackend.prepare
run_model = HardwareBackend.run_model
run_node = HardwareBackend.run_node
supports_device = HardwareBackend.supports_device
