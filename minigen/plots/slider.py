"""A figure that follows a slider."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any


def follow(control: Any, draw: Callable[[Any], Any]) -> Any:
    """control, an ipywidgets slider, above the figure draw(control.value), which is drawn anew when the value changes.

    ipywidgets.interact catches the figure in an Output widget, for which nbclient talks back to the kernel and may then
    miss the end of the cell; an Image widget is only written to."""
    from ipywidgets import Image, VBox

    shown = Image(format="png")

    def show(_: Any = None) -> None:
        buffer = BytesIO()
        draw(control.value).savefig(buffer, format="png")
        shown.value = buffer.getvalue()

    control.observe(show, "value")
    show()
    return VBox([control, shown])
