"""One program out of many designs of one node each, for the HLS library against ops' meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from hwcompile.emit.hls.library import headers
from hwcompile.emit.hls.project import TESTBENCH, bulk_program, hls_sources
from hwcompile.emit.hls.view import Project
from hwcompile.emit.library import LABELS
from hwcompile.emit.project import write_files
from hwcompile.ir.types import IntArray
from hwcompile.ops import FAMILIES, family
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.verify.beats import from_beats, to_beats
from tests.kernelbench import one_node_plan, random_frames, travelling


@dataclass(frozen=True)
class Case:
    """A kernel at a site, and frames."""

    name: str
    site: Site
    kernel: AnyKernel
    parameters: Parameters
    seed: int = 3
    inputs: tuple[IntArray, ...] = field(default=())


def every_case(*, all_parameters: bool = False) -> list[Case]:
    """Every kernel of every family at every one of its examples."""
    cases = []
    for name in FAMILIES:
        for kernel in family(name).kernels:
            for number, site in enumerate(family(name).examples()):
                if kernel.refuses(site):
                    continue
                space = list(kernel.space(site))
                chosen = space if all_parameters else [space[len(space) // 2]]
                for index, parameters in enumerate(chosen):
                    tag = f"{name}_{kernel.name}_{number}_{index}"
                    cases.append(Case(tag, site, kernel, parameters))
    return cases


def cases_of_pixels() -> list[Case]:
    """Every kernel that takes words of several pixels, at its first example with such words."""
    found: dict[AnyKernel, Case] = {}
    for name in FAMILIES:
        for kernel in family(name).kernels:
            for number, site in enumerate(family(name).examples()):
                if kernel in found or kernel.refuses(site):
                    continue
                for parameters in kernel.space_of_pixels(site):
                    found[kernel] = Case(f"{name}_{kernel.name}_{number}", site, kernel, parameters)
    return list(found.values())


def write_program(folder: Path, cases: Sequence[Case], frames: int) -> list[Project]:
    """`all.cpp`, which runs case number argument 1 in the folder argument 2; and the inputs."""
    projects: list[Project] = []
    names: set[str] = set()
    bodies = []
    for number, case in enumerate(cases):
        plan = one_node_plan(case.site, case.kernel, case.parameters)
        plan = replace(plan, graph=replace(plan.graph, name=f"bench{number}"))
        project, files = hls_sources(plan)
        own = {name: text for name, text in files.items() if not name.startswith("hw/")}
        place = folder / case.name
        write_files(place, own | {"bulk.cpp": bulk_program(project)})
        rng = np.random.default_rng(case.seed)
        inputs = case.inputs or tuple(random_frames(k, frames, rng) for k in case.site.inputs)
        (expected,) = case.site.op.evaluate(case.site.inputs, inputs)
        ports = case.kernel.at(case.site, case.parameters).ports
        expected = travelling(expected, ports.output)
        inputs = tuple(map(travelling, inputs, ports.inputs))
        for index, (values, port) in enumerate(zip(inputs, project.interface.inputs, strict=True)):
            (place / f"input_{index}.beats").write_bytes(to_beats(values, port).tobytes())
        np.save(place / "expected.npy", expected)
        names.update(project.headers)
        projects.append(project)
        bodies.append(
            f'namespace k{number} {{\n#define HW_MAIN run\n#include "{case.name}/bulk.cpp"\n'
            "#undef HW_MAIN\n}\n"
        )
    library = headers((*sorted(names), *TESTBENCH), LABELS)
    write_files(folder, {f"hw/{name}": text for name, text in library.items()})
    first = ("chrono", "cstdio", "cstdlib", "map", "string", "vector")
    lines = [f"#include <{name}>\n" for name in first]
    lines += [f'#include "hw/{name}"\n' for name in library if name != "simulation.hpp"]
    lines += bodies
    runs = "".join(
        f"  if (number == {number}) return k{number}::run(count - 1, arguments + 1);\n"
        for number in range(len(cases))
    )
    lines.append(
        "int main(int count, char **arguments) {\n"
        f"  const int number = std::atoi(arguments[1]);\n{runs}  return 99;\n}}\n"
    )
    (folder / "all.cpp").write_text("".join(lines))
    return projects


def result(folder: Path, project: Project, case: Case) -> tuple[IntArray, IntArray]:
    """What came out, and what should have."""
    port = project.interface.outputs[0]
    place = folder / case.name
    data = np.frombuffer((place / "output_0.beats").read_bytes(), np.uint8)
    return from_beats(data.reshape(-1, port.tdata_bytes), port), np.load(place / "expected.npy")
