"""Compiles the simulators that several tests wait for as one program.

Most of what a small simulator takes is there before a line of its design is read. So the tests of a
module that only have parameters run in turn up to where each needs a simulator, all these are
compiled at once (`programs_together`), and then every test goes on with its own. Examples of a
property are held back in the same way, and checked when all are drawn.

Tests need not know: they fail for themselves, whoever runs them, and a simulator that can not be
compiled with others is compiled alone. `HWCOMPILE_APART=1` runs each by itself.
"""

from __future__ import annotations

import inspect
import os
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from contextvars import copy_context
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from hypothesis import is_hypothesis_test

from hwcompile.diagnostics import CompileError
from hwcompile.verify.simulator import Simulator, compile_simulator
from tests.programs_together import Wanted, compile_together

APART = "HWCOMPILE_APART"

BENCHES = ("check_kernel", "check_external", "check_loaded", "simulator")
"""Functions that ask for a simulator here."""

_here = threading.local()


def simulator(folder: Path, cycles: float) -> Simulator:
    """What `compile_simulator` returns; while others wait too, one that is part of their program.

    Raises:
        CompileError: As that function does.
    """
    body: Body | None = getattr(_here, "body", None)
    made = body.wait(Wanted(folder, cycles)) if body else None
    return made or compile_simulator(folder, cycles=cycles)


class Body(threading.Thread):
    """Something that runs up to where it needs a simulator, and then waits; one runs at a time.

    Attributes:
        wanted: What it waits for; None when it has ended.
        error: What it raised.
    """

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.wanted: Wanted | None = None
        self.error: BaseException | None = None
        self._call = call
        self._context = copy_context()
        self._made: Simulator | None = None
        self._turn, self._other = threading.Semaphore(0), threading.Semaphore(0)
        self.start()
        self.go(None)

    def go(self, made: Simulator | None) -> None:
        """Let it go on until it waits again, or ends."""
        self.wanted, self._made = None, made
        self._turn.release()
        self._other.acquire()

    def wait(self, wanted: Wanted) -> Simulator | None:
        """Called in the thread: wait until it is there; None when it must be made alone."""
        self.wanted = wanted
        self._other.release()
        self._turn.acquire()
        return self._made

    def run(self) -> None:
        """Run what it was made with."""
        self._turn.acquire()
        _here.body = self
        try:
            self._context.run(self._call)
        except BaseException as error:
            self.error = error
        self._other.release()


def finish(bodies: Sequence[Body]) -> None:
    """Give all what they wait for, until none waits any more."""
    while waiting := {body: body.wanted for body in bodies if body.wanted}:
        levels = sorted({wanted.level for wanted in waiting.values()})
        for level in levels:
            alike = {body: wanted for body, wanted in waiting.items() if wanted.level == level}
            made: Sequence[Simulator | None] = [None] * len(alike)
            if len(alike) > 1:
                # Whose fault it is shows when each is made alone.
                with suppress(CompileError):
                    made = compile_together(list(alike.values()))
            for body, mine in zip(alike, made, strict=True):
                body.go(mine)


@contextmanager
def held_back() -> Generator[list[Body]]:
    """While it lasts `in_its_turn` holds checks back; at its end all are finished."""
    bodies: list[Body] = []
    _here.held = bodies
    try:
        yield bodies
    finally:
        _here.held = None
        finish(bodies)


def in_its_turn(check: Callable[[], object], what: str) -> None:
    """Do a check, or begin it where checks are held back; what fails later says `what` it was."""
    held: list[Body] | None = getattr(_here, "held", None)
    if held is None:
        check()
        return
    body = Body(check)
    held.append(body)
    if body.error:
        raise body.error
    body.name = what


class Together:
    """The plugin of pytest."""

    def __init__(self) -> None:
        self.bodies: dict[str, Body] = {}
        self.modules: set[Path] = set()

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Hold the examples of a property back."""
        if not is_hypothesis_test(pyfuncitem.obj) or not _asks(pyfuncitem) or apart():
            return (yield)
        with held_back() as bodies:
            result = yield
        for body in bodies:
            if body.error:
                body.error.add_note(f"{body.name}; {APART}=1 lets Hypothesis look for a small one")
                raise body.error
        return result

    def begin(self, item: pytest.Function) -> None:
        """Run all tests of a module that may run together with this one."""
        items = [other for other in item.session.items if other.path == item.path]
        alike = [i for i in items if isinstance(i, pytest.Function) and _may_join(i)]
        if len(alike) > 1:
            calls = {i.nodeid: _call_of(i) for i in alike}
            self.bodies = {name: Body(call) for name, call in calls.items()}
            finish(list(self.bodies.values()))

    @pytest.hookimpl(specname="pytest_pyfunc_call", tryfirst=True)
    def pytest_take_turn(self, pyfuncitem: pytest.Function) -> bool | None:
        """Be what became of a test that ran with others."""
        if not _may_join(pyfuncitem) or apart():
            return None
        if pyfuncitem.path not in self.modules:
            self.modules.add(pyfuncitem.path)
            self.begin(pyfuncitem)
        body = self.bodies.pop(pyfuncitem.nodeid, None)
        if body is None:
            return None
        if body.error:
            raise body.error
        return True


def apart() -> bool:
    """Whether tests shall run by themselves, as they do without this module."""
    return bool(os.environ.get(APART))


def _call_of(item: pytest.Function) -> Callable[[], object]:
    values = item.callspec.params if hasattr(item, "callspec") else {}
    return lambda: item.obj(**values)


def _may_join(item: pytest.Function) -> bool:
    """It is a plain function of its parameters alone, which needs a simulator."""
    parameters = set(item.callspec.params) if hasattr(item, "callspec") else set()
    return (
        inspect.isfunction(item.obj)
        and not is_hypothesis_test(item.obj)
        and set(item.fixturenames) <= parameters
        and not any(item.get_closest_marker(name) for name in ("skip", "skipif", "xfail"))
        and _asks(item)
    )


def _asks(item: pytest.Function) -> bool:
    function: object = getattr(getattr(item.obj, "hypothesis", None), "inner_test", item.obj)
    return isinstance(function, FunctionType) and _reaches(function, set())


def _reaches(function: FunctionType, seen: set[CodeType]) -> bool:
    """Whether it calls one of the benches, or a function of its module that does."""
    if function.__code__ in seen:
        return False
    seen.add(function.__code__)
    for name in function.__code__.co_names:
        called = function.__globals__.get(name)
        if called is not None and name in BENCHES:
            return True
        if not isinstance(called, FunctionType) or called.__module__ != function.__module__:
            continue
        if _reaches(called, seen):
            return True
    return False
