"""`GraphView`: a picture in all its formats."""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Callable, Collection
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from ..errors import ArgumentError, AutogradError
from . import graphviz_layout
from .layout import Placement
from .live.data import Live, live_of
from .live.page import fragment, page
from .picture import Picture
from .wording import visible
from .writers import Drawn, placed, writers_of

ENGINES = ("auto", "dot", "pygraphviz", "builtin")
FORMATS = ("svg", "html", "dot", "png", "pdf")


class PictureFileError(AutogradError, OSError):
    """A picture that could not be written to its file."""


def check_engine(engine: str) -> None:
    """Raise unless `engine` is known and installed."""
    if engine not in ENGINES:
        raise ArgumentError(f"draw: there is no engine {engine!r}; use one of {_list(ENGINES)}")
    if engine == "dot" and not graphviz_layout.has_dot():
        raise graphviz_layout.missing("draw with engine='dot'")
    if engine == "pygraphviz" and not graphviz_layout.has_pygraphviz():
        raise graphviz_layout.missing("draw with engine='pygraphviz'")


class GraphView:
    """A drawn graph; what `draw` returns.

    In a notebook it shows itself. The numbers are those at the time of drawing.

    Attributes
    ----------
    picture : Picture or Diagram
        Boxes and edges; of a module, blocks, values and links.
    engine : str
        The engine of layout that was asked for.

    Examples
    --------
    >>> from autograd_core import Tensor
    >>> from autograd_core.visualize import draw
    >>> x = Tensor(3.0, requires_grad=True, name="x")
    >>> y = x * x
    >>> y.backward()
    >>> draw(y)
    Computation graph of a tensor: 1 operation, 1 parameter
      n1  x parameter          ()  value 3  grad 6
      n2  × multiply  (n1, n1)  ()  value 9  grad 1
    """

    def __init__(self, picture: Drawn, engine: str = "auto") -> None:
        check_engine(engine)
        self.picture: Any = picture
        self._writers = writers_of(picture)
        self.engine = engine

    @cached_property
    def dot(self) -> str:
        """The graph in the language of Graphviz."""
        return self._writers.dot(self.picture)

    @cached_property
    def _svg(self) -> str:
        return self._writers.svg(self.picture, self.engine)

    def svg(self) -> str:
        """The picture as a complete SVG document, light and dark."""
        return self._svg

    def _placement(self) -> Placement:
        assert isinstance(self.picture, Picture)
        return placed(self.picture, self.engine)

    def html(self) -> str:
        """A page that needs nothing but itself: the picture, live.

        Forward and backward are stepped through one node at a time, with the blame that arrives
        at it, its local derivative, what it hands on, and a finite difference beside it; any box
        can be clicked on, searched for, zoomed. Where scripts do not run, the picture is an
        image. A very large picture is one too.
        """
        live = self._live
        return page(visible(self.picture.title), self._image(live.image), live.data)

    @cached_property
    def _live(self) -> Live:
        """What the page is made of."""
        summary = repr(self).partition("\n")[0].removeprefix(visible(self.picture.title))
        return live_of(
            self.picture,
            summary.lstrip(": "),
            lambda picture: self._writers.svg(picture, self.engine),
        )

    def _part(self) -> str:
        """The live picture as a part of a page; an untrusted notebook shows its image."""
        if self._live.data is None:
            return self.image()
        return fragment(self._image(self._live.image), self._live.data)

    def image(self) -> str:
        """An ``<img>`` of the SVG: shown by every notebook, trusted or not."""
        return self._image(self.svg())

    def _image(self, svg: str) -> str:
        data = base64.b64encode(svg.encode()).decode()
        words = escape(visible(self._writers.words(self.picture)))
        return f'<img alt="{words}" src="data:image/svg+xml;base64,{data}">'

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, in the format that the name ends in.

        Parameters
        ----------
        path : str or path
            Ending in ``.svg``, ``.html`` or ``.dot``, which are always possible, or in ``.png``
            or ``.pdf``, which Graphviz renders.

        Returns
        -------
        Path
            Of the file.

        Raises
        ------
        ArgumentError
            For another format.
        MissingExtraError
            For PNG and PDF where Graphviz is not installed.
        PictureFileError
            If the file cannot be written; an older file is then as it was.
        """
        path = Path(path)
        form = path.suffix.lower().lstrip(".")
        if form not in FORMATS:
            raise ArgumentError(
                f"save: {str(path)!r} does not end in a known format; use one of "
                f"{_list(['.' + known for known in FORMATS])}"
            )
        makers: dict[str, Callable[[], str]] = {
            "svg": self.svg,
            "html": self.html,
            "dot": lambda: self.dot,
        }
        data = makers[form]().encode() if form in makers else self._rendered(form)
        _write(path, data)
        return path

    def _rendered(self, form: str) -> bytes:
        if self.engine != "pygraphviz" and graphviz_layout.has_dot():
            return graphviz_layout.render(self.dot, form, "dot")
        if graphviz_layout.has_pygraphviz():
            return graphviz_layout.render(self.dot, form, "pygraphviz")
        raise graphviz_layout.missing(f"save to .{form} (.svg and .html need nothing)")

    def __repr__(self) -> str:
        return self._writers.text(self.picture)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        makers = {
            "text/plain": self.__repr__,
            "image/svg+xml": self.svg,
            "text/html": self._part,
        }
        wanted = [
            kind
            for kind in makers
            if (not include or kind in include) and kind not in (exclude or ())
        ]
        return {kind: makers[kind]() for kind in wanted}


def _list(words: Collection[str]) -> str:
    return ", ".join([repr(word) for word in words])


def _write(path: Path, data: bytes) -> None:
    """Write to a file beside it first, so that a failure leaves the old one."""
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:40]}-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except (OSError, ValueError) as error:  # a name with a zero byte is none
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        reason = getattr(error, "strerror", None) or error
        raise PictureFileError(
            f"save: cannot write {str(path)!r} ({reason}); is {str(path.parent)!r}"
            f" a folder that you may write to?"
        ) from None
