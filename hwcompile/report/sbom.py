"""A bill of materials of a design, in the words of CycloneDX 1.6.

What went in: the model with its hash, the compiler and the packages that decide what it computes.
What came out: every source and every memory image with its hash. The same input gives the same
bytes, so there is no time in it, and the serial number follows from the rest.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from hwcompile.build_directory import MEMORY, RTL, Manifest

FORMAT, VERSION = "CycloneDX", "1.6"
_SPACE = uuid.uuid5(uuid.NAMESPACE_OID, "hwcompile")
_APACHE = [{"license": {"id": "Apache-2.0"}}]


def bill_of_materials(top: str, manifest: Manifest) -> dict[str, Any]:
    """The bill as plain data.

    Args:
        top: Name of the design.
        manifest: The build directory's.
    """
    design = _component("firmware", top, ref="design")
    body = {
        "metadata": {
            "component": design,
            "tools": {"components": [_compiler(manifest.hwcompile)]},
        },
        "components": [
            _model(manifest.model),
            _compiler(manifest.hwcompile),
            *(_package(name, version) for name, version in manifest.packages.items()),
            *_files(manifest.files),
        ],
        "dependencies": [_needs(manifest)],
    }
    serial = uuid.uuid5(_SPACE, json.dumps(body, sort_keys=True))
    head = {"bomFormat": FORMAT, "specVersion": VERSION}
    return {**head, "serialNumber": f"urn:uuid:{serial}", "version": 1, **body}


def _component(kind: str, name: str, **more: Any) -> dict[str, Any]:
    ref = more.pop("ref", "")
    return {"type": kind, "name": name, **({"bom-ref": ref} if ref else {}), **more}


def _model(model: dict[str, str]) -> dict[str, Any]:
    name = model.get("file") or model.get("graph", "")
    hashes = _hashes(model["sha256"])
    return _component("machine-learning-model", name, ref="model", hashes=hashes)


def _compiler(version: str) -> dict[str, Any]:
    return {**_package("hwcompile", version), "type": "application", "licenses": _APACHE}


def _package(name: str, version: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{name}@{version}"
    return _component("library", name, ref=purl, version=version, purl=purl)


def _files(files: dict[str, str]) -> list[dict[str, Any]]:
    """What is the hardware; reports beside it change with every measurement."""
    kept = {name: value for name, value in files.items() if name.split("/")[0] in (RTL, MEMORY)}
    return [
        _component("file", name, ref=f"file:{name}", hashes=_hashes(value))
        for name, value in sorted(kept.items())
    ]


def _needs(manifest: Manifest) -> dict[str, Any]:
    packages = {"hwcompile": manifest.hwcompile, **manifest.packages}
    made = [f"pkg:pypi/{name}@{version}" for name, version in packages.items()]
    files = [part["bom-ref"] for part in _files(manifest.files)]
    return {"ref": "design", "dependsOn": ["model", *made, *files]}


def _hashes(sha256: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": sha256}]
