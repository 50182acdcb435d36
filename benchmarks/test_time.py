"""How long the default tests take, beside those of an earlier commit.

    python benchmarks/test_time.py [--commit COMMIT] [--parts N] [--json FILE] [--markdown FILE]

The commit is cloned into a temporary folder and gets an environment of its own (`make venv`: pip
downloads gigabytes); this version runs in the environment that runs the script. Tests that both
versions have run in parts, in turn with one version first and with the other, so that a machine
that becomes slower does so for both. Then all tests of this version run. Both begin without caches.

`seconds` are those on the clock, with the workers that `make test` has in each version, and
`cpu_seconds` those of the processor, programs that tests start included; `ratio` is that of the
seconds to the commit's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import only_ids
from benchmarks.output import markdown, number, parser, show, write
from benchmarks.pages import ROOT
from benchmarks.workloads import models_folder

COMMIT = "cdb43ed"
"""The last one before the aim was set: half of the time, with no test less."""

DEFAULT = ("-m", "not slow")
"""What `make test` chooses."""

PASSED, FAILED, NOTHING = 0, 1, 5
"""Exit codes of pytest that are results."""

PLUGIN = only_ids.__name__.split(".")[-1]
"""As it is called where it is imported without a package."""

TABLES = {"": ("tests", "number", "seconds", "CPU s", "ratio")}


@dataclass
class Spent:
    """What tests took.

    Attributes:
        tests: How many ran.
        seconds: On the clock.
        cpu_seconds: User and system time of all processes.
        failed: Whether one of them failed.
    """

    tests: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    failed: bool = False

    def add(self, other: Spent) -> None:
        """Take over what further tests took."""
        self.tests += other.tests
        self.seconds += other.seconds
        self.cpu_seconds += other.cpu_seconds
        self.failed |= other.failed


@dataclass(frozen=True)
class Suite:
    """The tests of a checkout.

    Attributes:
        checkout: Its folder.
        python: The Python of its environment.
        folder: Where caches and lists go; caches are empty at first.
        workers: Options of pytest-xdist.
    """

    checkout: Path
    python: Path
    folder: Path
    workers: tuple[str, ...] = ("-n", "2")

    def ids(self) -> list[str]:
        """The ids of the default tests, in their order.

        Raises:
            RuntimeError: When they can not be collected, with what pytest said.
        """
        done = self._pytest("--collect-only", "-o", "addopts=", "-q", *DEFAULT, quiet=True)
        if done.returncode != PASSED:
            raise RuntimeError(done.stdout + done.stderr)
        return [line for line in done.stdout.splitlines() if "::" in line]

    def run(self, ids: Sequence[str]) -> Spent:
        """Run tests.

        Raises:
            RuntimeError: When pytest ends with an error that is no test's.
        """
        self._list.write_text("".join(f"{name}\n" for name in ids), encoding="utf-8")
        files = dict.fromkeys(name.partition("::")[0] for name in ids)
        began, before = time.perf_counter(), _children()
        code = self._pytest(*self.workers, *DEFAULT, "-p", PLUGIN, *files)
        spent = Spent(len(ids), time.perf_counter() - began, _children() - before)
        if code.returncode not in (PASSED, FAILED):
            raise RuntimeError(f"pytest ended with {code.returncode} in {self.checkout}")
        spent.failed = code.returncode == FAILED
        return spent

    @property
    def _list(self) -> Path:
        return self.folder / "ids.txt"

    def _pytest(self, *words: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "HWCOMPILE_CACHE")}
        plugins = Path(only_ids.__file__).parent
        environment = kept | {
            "PATH": f"{self.python.parent}{os.pathsep}{kept.get('PATH', '')}",
            "PYTHONPATH": f"{self.checkout}{os.pathsep}{plugins}",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "ONLY_IDS": str(self._list),
            "CI": "true",
        }
        if models_folder().is_dir():
            environment["HWCOMPILE_MODELS"] = str(models_folder().absolute())
        return subprocess.run(
            [str(self.python), "-m", "pytest", *words],
            cwd=self.checkout,
            env=environment,
            stdout=subprocess.PIPE if quiet else sys.stderr,
            stderr=subprocess.PIPE if quiet else None,
            text=True,
        )


def _children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def workers() -> tuple[str, ...]:
    """How `make test` shares out the tests now; the commit did without options."""
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if line.startswith("WORKERS := "))
    return tuple(line.split()[2:])


def earlier(commit: str, folder: Path) -> Suite:
    """A commit's tests, in a new clone with a new environment."""
    checkout = folder / "checkout"
    for command in (
        ("git", "clone", "--quiet", "--no-checkout", str(ROOT), str(checkout)),
        ("git", "-C", str(checkout), "checkout", "--quiet", "--detach", commit),
        ("make", "-C", str(checkout), "venv", f"PYTHON={sys.executable}"),
    ):
        subprocess.run(command, check=True, stdout=sys.stderr)
    return Suite(checkout, checkout / ".venv" / "bin" / "python", folder)


def in_parts(ids: Iterable[str], parts: int) -> list[list[str]]:
    """Ids in so many parts of about the same number, files whole and in their order."""
    files: dict[str, list[str]] = {}
    for name in ids:
        files.setdefault(name.partition("::")[0], []).append(name)
    total, before = sum(map(len, files.values())), 0
    found: list[list[str]] = [[] for _ in range(parts)]
    for names in files.values():
        found[before * parts // total].extend(names)
        before += len(names)
    return [part for part in found if part]


def in_turn(suites: Sequence[Suite], ids: Sequence[str], parts: int) -> list[Spent]:
    """What the same tests take in each suite; every part begins with another suite."""
    spent = [Spent() for _ in suites]
    for place, part in enumerate(in_parts(ids, parts)):
        for turn in range(len(suites)):
            index = (place + turn) % len(suites)
            spent[index].add(suites[index].run(part))
    return spent


def row(suite: str, spent: Spent, base: Spent) -> dict[str, Any]:
    """A row of the table."""
    return {
        "suite": suite,
        "tests": spent.tests,
        "seconds": round(spent.seconds, 1),
        "cpu_seconds": round(spent.cpu_seconds, 1),
        "ratio": round(spent.seconds / base.seconds, 3),
        "failed": spent.failed,
    }


def rows(commit: str, parts: int, folder: Path) -> list[dict[str, Any]]:
    """Measure all three."""
    for name in ("then", "now"):
        (folder / name).mkdir()
    then = earlier(commit, folder / "then")
    now = Suite(ROOT, Path(sys.executable), folder / "now", workers())
    old, new = then.ids(), now.ids()
    both = set(new)
    before, after = in_turn((then, now), [name for name in old if name in both], parts)
    (folder / "whole").mkdir()
    whole = Suite(ROOT, Path(sys.executable), folder / "whole", workers()).run(new)
    return [
        row(f"of both, {commit}", before, before),
        row("of both, now", after, before),
        row("all, now", whole, before),
    ]


def line(found: dict[str, Any]) -> list[str]:
    """A row as text."""
    cells = [number(found[field]) for field in ("tests", "seconds", "cpu_seconds", "ratio")]
    return [found["suite"] + (" (some failed)" if found["failed"] else ""), *cells]


def main() -> None:
    """Print the table."""
    known = parser(__doc__)
    known.add_argument("--commit", default=COMMIT, help=f"the earlier one, by default {COMMIT}")
    known.add_argument("--parts", type=int, default=4, metavar="N", help="parts of the tests")
    options = known.parse_args()
    with TemporaryDirectory(prefix="hwcompile-tests-") as folder:
        found = rows(options.commit, options.parts, Path(folder))
    cells = [line(item) for item in found]
    show(TABLES[""], cells, left=1)
    write(options, found, markdown(TABLES[""], cells, left=1))


if __name__ == "__main__":
    main()
