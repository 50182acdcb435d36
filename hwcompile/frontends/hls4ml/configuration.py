"""hls4ml's configuration of a conversion, from a file or from mappings."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwcompile.diagnostics import CompileError, fail, reason_of

IO_TYPES = ("io_parallel", "io_stream")
PARTS = ("Model", "LayerName", "LayerType", "Optimizers", "SkipOptimizers", "Flows")
"""Keys of what hls4ml calls an hls_config."""


@dataclass(frozen=True)
class HlsConfiguration:
    """How hls4ml is to convert a model.

    Attributes:
        config: The hls_config, as `config_from_keras_model` makes one; None for a default.
        io_type: io_parallel or io_stream.
        source: What messages call it.
    """

    config: Mapping[str, Any] | None = None
    io_type: str = IO_TYPES[0]
    source: str = ""

    def check_layers(self, known: Mapping[str, Any]) -> None:
        """Every layer that is named is one of those that hls4ml would name.

        Raises:
            CompileError: HW0298.
        """
        named = (self.config or {}).get("LayerName", {})
        strange = [name for name in named if name not in known]
        if strange:
            raise _wrong(
                self.source,
                f"the layer '{strange[0]}', which the model does not have",
                "hls4ml would pass over it",
                f"one of {', '.join(known)}",
            )


def configuration_of(formats: Path | Mapping[str, Any] | None) -> HlsConfiguration:
    """The configuration in a file that hls4ml or a user wrote.

    Args:
        formats: YAML or JSON, or the same as mappings: an hls_config with `IOType` beside its
            parts if need be, or all of the `hls4ml_config.yml` of a project.

    Raises:
        CompileError: HW0298 for what is no such configuration.
    """
    if formats is None:
        return HlsConfiguration()
    source = formats.name if isinstance(formats, Path) else "the formats"
    found = _read(formats) if isinstance(formats, Path) else formats
    if not isinstance(found, Mapping):
        raise _wrong(source, "no names and values", "", "what hls4ml writes as hls4ml_config.yml")
    whole = isinstance(found.get("HLSConfig"), Mapping)
    config = (
        dict(found["HLSConfig"]) if whole else {k: v for k, v in found.items() if k != "IOType"}
    )
    io_type = str(found.get("IOType", IO_TYPES[0]))
    if io_type not in IO_TYPES:
        raise _wrong(source, f"the IOType '{io_type}'", "", f"one of {', '.join(IO_TYPES)}")
    strange = [key for key in config if key not in PARTS]
    if strange or not isinstance(config.get("Model"), Mapping):
        what = f"'{strange[0]}'" if strange else "no part 'Model'"
        parts = f"its parts are {', '.join(PARTS)}, and there is always a Model"
        raise _wrong(source, what, parts, "what hls4ml.utils.config_from_keras_model returns")
    return HlsConfiguration(config, io_type, source)


def _read(path: Path) -> object:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise fail(
            "HW0298", f"the configuration '{path}' cannot be read", reason_of(error), "the path"
        ) from error
    except ValueError as error:
        raise _unreadable(path, "its bytes are no UTF-8 text") from error
    return _json(path, text) if path.suffix.lower() == ".json" else _yaml(path, text)


def _json(path: Path, text: str) -> object:
    try:
        found: object = json.loads(text)
    except ValueError as error:
        raise _unreadable(path, str(error)) from error
    return found


def _yaml(path: Path, text: str) -> object:
    yaml = importlib.import_module("yaml")  # comes with hls4ml
    # Passes over what only hls4ml can make, such as the model itself.
    loader: Any = type("Loader", (yaml.SafeLoader,), {})
    loader.add_multi_constructor("", lambda made, tag, node: None)
    try:
        found: object = yaml.load(text, loader)
    except (yaml.YAMLError, ValueError) as error:
        raise _unreadable(path, " ".join(str(error).split())) from error
    return found


def _unreadable(path: Path, why: str) -> CompileError:
    return fail(
        "HW0298",
        f"'{path.name}' is no configuration of hls4ml",
        why.rstrip("."),
        "YAML, or JSON in a file that ends in .json",
    )


def _wrong(source: str, what: str, why: str, fix: str) -> CompileError:
    return fail("HW0298", f"hls4ml's configuration ({source}) has {what}", why, fix)
