"""Runs frames through the C++ of a design.

All frames pass a program that keeps numbers in machine words. The first ones also pass it under the
compiler's sanitizers, and pass a program whose numbers are `ap_int` and `ap_uint`, as in synthesis.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from hwcompile.build_directory import read_report
from hwcompile.diagnostics import CompileError, fail
from hwcompile.emit.hls.project import bulk_program, hls_sources
from hwcompile.emit.hls.view import Project
from hwcompile.emit.interface import AxisPort
from hwcompile.emit.opened import read_plan
from hwcompile.ir.types import IntArray, IntType
from hwcompile.processes import in_parallel, run_captured
from hwcompile.schedule.plan import Plan
from hwcompile.verify.beats import frames_from_beats
from hwcompile.verify.columns import from_file
from hwcompile.verify.hls.compilers import (
    MAIN,
    ProgramKind,
    compile_program,
    other_compilers,
)
from hwcompile.verify.hls.lint import check_sources
from hwcompile.verify.parts import (
    FrameRange,
    UnsettledError,
    cut,
    joined_result,
    one_part,
    write_parts,
)
from hwcompile.verify.result import SimulationResult
from hwcompile.verify.sources import FrameSource

FIRST_FRAMES = 16
"""Frames at most that pass the slow programs, too."""

FIRST_PRODUCTS = 50_000_000
"""Products at most that they take together, unless a single frame takes more."""

QUICK_PRODUCTS = 1_000_000
"""Products of the first frames up to which optimising `ap_int` takes longer than it saves.

A program that was not optimised takes 0.3 us for each, and is there a second sooner.
"""


def slow_kinds(products: int) -> tuple[ProgramKind, ...]:
    """Programs for the first frames; those of synthesis' types come first.

    Args:
        products: Of all frames that pass them.
    """
    exact = products <= QUICK_PRODUCTS
    others = [
        ProgramKind(exact=words, quick=words and exact, compiler=name)
        for name in other_compilers()
        for words in (False, True)
    ]
    sanitized = ProgramKind(sanitize=True, quick=products <= FIRST_PRODUCTS)
    return (ProgramKind(exact=True, quick=exact), sanitized, *others)


@dataclass(frozen=True)
class HlsDesign:
    """The C++ of a design, ready to be compiled.

    Attributes:
        project: Its ports and streams.
        sources: Path to text, the main program among them.
        products: Products of a frame.
    """

    project: Project
    sources: Mapping[str, str]
    products: int

    @staticmethod
    def of(plan: Plan) -> HlsDesign:
        """The C++ of a plan.

        Raises:
            CompileError: HW0430; HW0622 when the project breaks a rule of synthesis.
        """
        project, sources = hls_sources(plan)
        check_sources(sources)
        parts = [part.built for stage in plan.stages for part in stage.parts]
        products = sum(built.lanes * built.interval for built in parts)
        return HlsDesign(project, {**sources, MAIN: bulk_program(project)}, products)

    def first_frames(self, frames: int) -> int:
        """How many of the frames pass the slow programs."""
        return min(frames, FIRST_FRAMES, max(1, FIRST_PRODUCTS // max(self.products, 1)))


def run_hls(
    directory: Path,
    inputs: FrameSource,
    *,
    taps: bool = False,
    thorough: bool = True,
    apart: bool = False,
) -> SimulationResult:
    """Compile the C++ of a build directory, and run frames through it.

    Args:
        directory: The build directory; an HLS project in it is not needed.
        inputs: The frames.
        taps: Record what leaves every stage.
        thorough: Run the first frames in the slow programs, too.
        apart: No frame depends on those before, so that parts may run at the same time.

    Raises:
        CompileError: Those of `HlsDesign.of`, `compile_program` and `run_program`.
    """
    design = HlsDesign.of(read_plan(directory))
    interval = int(read_report(directory)["design"]["interval_cycles"]["predicted"])
    parts = cut(inputs.frames, interval) if apart else ()
    return run_design(design, inputs, taps=taps, thorough=thorough, parts=parts)


def run_design(
    design: HlsDesign,
    inputs: FrameSource,
    *,
    taps: bool = False,
    thorough: bool = True,
    parts: Sequence[FrameRange] = (),
) -> SimulationResult:
    """The same for a design that is at hand, and in these parts.

    Raises:
        CompileError: HW0623 when a slow program brings other integers than the fast one.
    """
    first = design.first_frames(inputs.frames)
    slow = slow_kinds(first * design.products) if thorough else ()
    variants = (*slow, ProgramKind(taps=taps))
    programs = in_parallel(partial(compile_program, design.sources), variants)
    found = run_program(programs[-1], design.project, inputs, parts)
    few = first_of(inputs, first)
    # After the fast one, whose time is measured and must not be shared.
    others = in_parallel(lambda p: run_program(p, design.project, few), programs[:-1])
    for other, variant in zip(others, variants, strict=False):
        agree(other.outputs, found.outputs, variant.words)
    return found


def first_of(source: FrameSource, frames: int) -> FrameSource:
    """The first frames of a source, or all of its first block when that has fewer."""
    block = next(iter(source.blocks()))
    return FrameSource.of({name: values[:frames] for name, values in block.items()})


def agree(checked: Mapping[str, IntArray], found: Mapping[str, IntArray], what: str) -> None:
    """Raise if two programs of a design bring different integers for the same frames.

    Raises:
        CompileError: HW0623.
    """
    for name, values in checked.items():
        wrong = np.any((found[name][: len(values)] != values).reshape(len(values), -1), axis=1)
        if wrong.any():
            raise fail(
                "HW0623",
                f"'{name}' of frame {int(np.argmax(wrong))} depends on how the C++ is compiled",
                f"{what} brings other integers than numbers in machine words do",
                "report this as a bug",
            )


def run_program(
    program: Path, project: Project, inputs: FrameSource, parts: Sequence[FrameRange] = ()
) -> SimulationResult:
    """Send frames through a program and collect what comes out.

    Args:
        program: Of `compile_program`.
        project: Its ports and streams.
        inputs: The frames.
        parts: Parts of them to run at the same time; when one fails, all run again in one.

    Raises:
        CompileError: HW0621 when the program ends badly, HW0603 when padding bits are not zero.
    """
    if len(parts) > 1:
        with suppress(CompileError, UnsettledError):
            return _run_parts(program, project, inputs, parts)
    return _run_parts(program, project, inputs, one_part(inputs.frames))


def _run_parts(
    program: Path, project: Project, inputs: FrameSource, parts: Sequence[FrameRange]
) -> SimulationResult:
    with ExitStack() as stack:
        temporary = partial(tempfile.TemporaryDirectory, prefix="hwcompile-hls-")
        works = [Path(stack.enter_context(temporary())) for _ in parts]
        write_parts(works, project.interface.inputs, inputs, parts)
        tasks = [
            partial(_run_part, program, project, work, part.sent)
            for work, part in zip(works, parts, strict=True)
        ]
        return joined_result(parts, in_parallel(lambda task: task(), tasks))


def _run_part(program: Path, project: Project, work: Path, frames: int) -> SimulationResult:
    interface = project.interface
    done = run_captured([str(program), str(work), str(frames)], cwd=work)
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise fail(
            "HW0621",
            f"the C++ of '{interface.top}' ended with code {done.returncode}",
            "it says:\n" + "\n".join(lines[:40]) if lines else "a port had too few beats",
            "report this as a bug",
        )
    outputs = {
        port.name: np.array(frames_from_beats(_beats(work, index, port), port))
        for index, port in enumerate(interface.outputs)
    }
    streams = {
        port.name: recorded(work / f"{name}.words", port)
        for port in interface.streams
        if (name := project.taps[port.name]) and (work / f"{name}.words").is_file()
    }
    seconds = float((work / "seconds.txt").read_text())
    return SimulationResult(outputs, {}, {}, 0, seconds, {}, {}, streams=streams)


def _beats(work: Path, index: int, port: AxisPort) -> np.ndarray:
    return from_file(work / f"output_{index}.beats", "u1", (port.tdata_bytes,))


def recorded(path: Path, port: AxisPort) -> IntArray:
    """Frames [frames, height, width, channels] of a stream that was recorded in machine words."""
    form = port.format
    lanes = from_file(path, _machine_word(form.element), (form.words_per_vector * form.parallel,))
    values = form.in_tensor_order(np.asarray(lanes[:, : form.size], dtype=np.int64))
    decoded = form.element.decode(values & ((1 << form.element.bits) - 1))
    return decoded.reshape(-1, *port.shape)


def _machine_word(element: IntType) -> str:
    size = next(size for size in (1, 2, 4, 8) if element.bits <= 8 * size)
    return f"<{'i' if element.signed else 'u'}{size}"
