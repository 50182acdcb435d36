"""A real browser that looks at pages: Debian's Chromium, driven by Selenium."""

from __future__ import annotations

import base64
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def programs() -> tuple[str, str] | None:
    """Chromium and its driver, as Debian's chromium-driver installs them; None without them."""
    found = [shutil.which(name) for name in ("chromium", "chromedriver")]
    return None if None in found else (str(found[0]), str(found[1]))


@contextmanager
def browser() -> Iterator[Any]:
    """A browser that shows nothing and asks nobody.

    Raises:
        RuntimeError: Where there is none.
    """
    found = programs()
    if found is None:
        raise RuntimeError("the programs chromium and chromedriver are absent")
    chromium, driver = found
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    try:
        chrome.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        # Nothing outside the file may be asked for.
        chrome.execute_cdp_cmd("Network.enable", {})
        offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        chrome.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
        yield chrome
    finally:
        chrome.quit()


def show(chrome: Any, page: Path, *, width: int, dark: bool) -> None:
    """Open a page at a width in pixels and wait until its pictures are drawn.

    Raises:
        RuntimeError: When they are not, or the page complains meanwhile.
    """
    theme = "dark" if dark else "light"
    media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    chrome.get(page.resolve().as_uri())
    until = time.monotonic() + 120
    while chrome.execute_script("return document.documentElement.dataset.drawn") != theme:
        log = chrome.get_log("browser")
        if log or time.monotonic() > until:
            raise RuntimeError(f"the page's pictures are not drawn: {log}")
        time.sleep(0.1)


def picture(chrome: Any, place: Path, height: int | None = None) -> None:
    """Write the page as a PNG file: as wide as it is shown, whole or its top in pixels."""
    width = chrome.execute_script("return window.innerWidth")
    whole = chrome.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]["height"]
    clip = {"x": 0, "y": 0, "width": width, "height": min(whole, height or whole), "scale": 1}
    shot = chrome.execute_cdp_cmd(
        "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip}
    )
    place.write_bytes(base64.b64decode(shot["data"]))
