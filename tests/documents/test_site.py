"""The documentation as a site: it builds without a warning, and needs no network to be read.

Who wrote the expectations: MkDocs, which follows every link and anchor.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from benchmarks import reference_pages
from benchmarks.browser import browser, programs
from benchmarks.diagnostics_pages import STAGES
from benchmarks.fences import DOCS, fences
from benchmarks.notebooks import NOTEBOOKS, notebook
from hwcompile.frontends.onnx.coverage import covered_operators
from tests.diagnostics.test_every_code import QUOTED
from tests.documents.walking import environment
from tests.house.measures import files
from tests.models import ROOT

LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
"""Elements that a browser loads something for, and the attribute that says what."""

NOT_LOADED = {"canonical", "next", "prev"}
"""Links of a page's head that only say what the page is."""

PAGES_MADE = sorted(
    [
        *(DOCS / name for name in ("commands.md", "report.md")),
        *(DOCS / "reference" / name for name in ("operators.md", "schedule.md")),
        *(DOCS / "reference" / "diagnostics").glob("*.md"),
        *(DOCS / "schemas").iterdir(),
        *DOCS.rglob("*.ipynb"),
    ]
)
"""Pages that are made from the program, as they lie in the folder."""

ONLINE = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
TYPED = """
const box = document.querySelector("input.md-search__input");
box.focus();
box.value = arguments[0];
box.dispatchEvent(new Event("input", {bubbles: true}));
box.dispatchEvent(new KeyboardEvent("keyup", {bubbles: true}));
"""
RESULTS_SHOWN = """
return [...document.querySelectorAll("a.md-search-result__link")].map((link) => link.href);
"""

STORED_PATH = re.compile(r"/(?:home|root|tmp|work)/|[A-Z]:\\\\")


@cache
def made() -> dict[Path, str]:
    """The same pages as the program makes them now, which takes seconds."""
    return reference_pages.pages()


class Loads(HTMLParser):
    """Collects what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in LOADING and named.get("rel") not in NOT_LOADED:
            self.found.append(named.get(LOADING[tag]) or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a warning of the build is a failure."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | environment() | {"NO_MKDOCS_2_WARNING": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout, done.stderr) == ("", "")
    return folder


def test_every_page_is_in_the_site(site: Path) -> None:
    pages = [path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")]
    assert len(pages) > 40
    assert [str(page) for page in pages if not (site / page).is_file()] == []


def test_every_page_is_in_the_navigation() -> None:
    listed = set(re.findall(r"[\w/-]+\.md$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    assert listed == {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")}


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for page in sorted(site.rglob("*.html")):
        loads = Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        if page.name != "404.html":
            assert loads.found
        assert [each for each in loads.found if "//" in each] == [], page.name
    for style in site.rglob("*.css"):
        assert not re.search(r"@import|url\((?:https?:)?//", style.read_text(encoding="utf-8"))


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The site as `make docs-serve` serves it."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/index.html"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_search_finds_pages(site: Path) -> None:
    if programs() is None:
        if os.environ.get("HWCOMPILE_BROWSER"):
            pytest.fail("the browser is absent")
        pytest.skip("the programs chromium and chromedriver are absent")
    with served(site) as address, browser() as chrome:
        chrome.execute_cdp_cmd("Network.emulateNetworkConditions", ONLINE)
        chrome.get(address)
        chrome.execute_script(TYPED, "credit")
        until = time.monotonic() + 60
        found: list[str] = []
        while not found and time.monotonic() < until:
            time.sleep(0.2)
            found = chrome.execute_script(RESULTS_SHOWN)
        assert any("explanation/flow_control.html" in link for link in found), found
        severe = [entry for entry in chrome.get_log("browser") if entry["level"] == "SEVERE"]
        assert [each for each in severe if "favicon" not in each["message"]] == []


def test_the_interface_is_described(site: Path) -> None:
    text = (site / "reference" / "python.html").read_text(encoding="utf-8")
    for name in (
        "hwcompile.compile",
        "hwcompile.Design.verify",
        "hwcompile.rnn.lstm",
    ):
        assert f'id="{name}"' in text
    assert "target_cycles" in text


def test_the_pages_that_are_made_are_there_and_no_others() -> None:
    assert sorted(made()) == PAGES_MADE, "make pages writes those that are missing"


@pytest.mark.parametrize("path", PAGES_MADE, ids=lambda path: str(path.name))
def test_generated_pages_are_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == made()[path], "make pages writes it anew"


def test_every_schema_and_the_page_of_commands_are_generated() -> None:
    assert {*(DOCS / "schemas").iterdir(), DOCS / "commands.md"} <= made().keys()


def test_every_code_has_a_section() -> None:
    texts = (path.read_text(encoding="utf-8") for path in files())
    codes = {code for text in texts for code in QUOTED.findall(text)}
    folder = DOCS / "reference" / "diagnostics"
    index = (folder / "index.md").read_text(encoding="utf-8")
    assert len(codes) > 150
    assert {code[2:4] for code in codes} <= STAGES.keys()
    for code in codes:
        page = (folder / f"HW{code[2:4]}.md").read_text(encoding="utf-8")
        section = page.partition(f"## {code}\n")[2].partition("\n## ")[0]
        assert section.strip(), code
        assert "Way out: " in section or code == "HW0009", code
        assert f"[{code}](" in index


def test_every_operator_has_a_line() -> None:
    page = (DOCS / "reference" / "operators.md").read_text(encoding="utf-8")
    for names in covered_operators().values():
        assert [name for name in names if f"| `{name}` |" not in page] == []


def test_pages_that_nothing_makes_any_more_are_gone() -> None:
    assert set((DOCS / "reference" / "diagnostics").glob("*.md")) <= made().keys()
    assert set(DOCS.rglob("*.ipynb")) <= made().keys()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_has_every_block_and_no_path_of_a_machine(name: str) -> None:
    import nbformat  # takes seconds, for a grammar of addresses

    text = (DOCS / "tutorials" / f"{name}.md").read_text(encoding="utf-8")
    found = notebook(text)
    nbformat.validate(found)
    code = [cell.source for cell in found.cells if cell.cell_type == "code"]
    run = [block for block in fences(text) if block.kind not in ("printed", "shown")]
    assert len(code) == len(run)
    assert len(nbformat.writes(found)) < 20_000
    assert not STORED_PATH.search(nbformat.writes(found))


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbclient import NotebookClient

    for variable, value in environment().items():
        monkeypatch.setenv(variable, value)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    found = nbformat.read(DOCS / "tutorials" / f"{name}.ipynb", as_version=4)
    client = NotebookClient(found, timeout=600, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    printed = [output.get("text", "") for cell in found.cells for output in cell.get("outputs", ())]
    assert any("0 mismatches" in text for text in printed)
