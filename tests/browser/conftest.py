"""A real browser, without a window: Chromium, driven by playwright.

Where either is missing the tests are skipped, and say what to install. With
``AUTOGRAD_CORE_NEEDS_BROWSER=1`` they fail instead.
"""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
NEEDED = os.environ.get("AUTOGRAD_CORE_NEEDS_BROWSER", "") not in ("", "0")


def _missing(what: str) -> None:
    if NEEDED:
        pytest.fail(what)
    pytest.skip(what)


def _program() -> str | None:
    """Chromium: the one that ``CHROMIUM`` names, or the first on the PATH."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        _missing("playwright is not installed: pip install 'autograd-core[browser]'")
    program = _program()
    if program is None:
        _missing("no Chromium on the PATH: apt-get install chromium, or set CHROMIUM")
    with sync_playwright() as driver:
        try:
            running = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        except Error as error:
            _missing(f"{program} does not start: {error.message.splitlines()[0]}")
        yield running
        running.close()


class Opened:
    """A page with what it did: errors, messages, requests."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.url = url
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._said)
        page.route("**/*", self._asked)

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _asked(self, route: Any) -> None:
        if route.request.url == self.url:
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.page, name)

    def text(self, selector: str) -> str:
        """What an element says."""
        return _plain(self.page.locator(selector).first.inner_text())

    def texts(self, selector: str) -> list[str]:
        return [_plain(text) for text in self.page.locator(selector).all_inner_texts()]

    def drawn(self, selector: str) -> list[str]:
        """The texts in elements of the picture."""
        return [_plain(text) for text in self.page.locator(selector).all_text_contents()]

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


def _plain(text: str) -> str:
    """Blanks made single, the italic letters of formulas plain, and their indices beside them."""
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    return re.sub(r"\bv (?=\d)", "v", text)


Open = Callable[..., Opened]


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """``opened(html, **context)`` gives a page; no page may have failed or asked for anything."""
    pages: list[tuple[Opened, bool]] = []

    def open_(html: str, *, clean: bool = True, **options: Any) -> Opened:
        path = tmp_path / f"page{len(pages)}.html"
        path.write_text(html, encoding="utf-8")
        settings = {"viewport": {"width": 1280, "height": 760}, "reduced_motion": "reduce"}
        context = browser.new_context(**{**settings, **options})
        context.set_default_timeout(5000)
        page = Opened(context.new_page(), path.as_uri())
        pages.append((page, clean))
        page.goto(path.as_uri())
        return page

    yield open_
    for page, clean in pages:
        page.context.close()
        if clean:
            assert not page.errors
            assert not page.requests
