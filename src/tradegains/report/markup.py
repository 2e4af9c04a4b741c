"""What the page's template needs: figures inside the page, typeset text, data as links."""

import base64
import re

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tradegains.figures.style import BLUE, INK, MUTED, PAPER, RULE, VERMILION
from tradegains.published import printing

SVG_COLOURS = {
    INK: "--ink",
    MUTED: "--muted",
    RULE: "--rule",
    PAPER: "--paper",
    BLUE: "--blue",
    VERMILION: "--vermilion",
}


def inline_svg(svg: bytes, key: str, title: str) -> Markup:
    """A figure as an element of the page: own ids, colours of the page, a name for screen readers.

    Ids get the figure's key, because glyphs have the same ids in every figure; colours become
    variables of the page's light and dark style.
    """
    text = svg.decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{key}-', text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{key}-", text)
    for colour, variable in SVG_COLOURS.items():
        text = text.replace(colour, f"var({variable})")
    name = Markup('<svg role="img" aria-label="{}" ').format(title)
    return Markup(re.sub(r'<svg (width|height)="[^"]*" ?', "<svg ", text).replace("<svg ", name, 1))


def typeset(text: str) -> Markup:
    """Printed text with a true minus, an en dash between years, and superscripts."""
    shown = printing.typeset(str(escape(text)))
    shown = re.sub(r"\d{4}–\d{4}", r'<span class="years">\g<0></span>', shown)
    return Markup(re.sub(r"\^(\w)", r"<sup>\1</sup>", shown))


def as_sentence(reason: str) -> str:
    """A reason as a footnote begins: with a capital, unless its first word is a name of the run.

    Example:
        >>> as_sentence("a Pareto has infinite sales"), as_sentence("welfare.gain is not there")
        ('A Pareto has infinite sales', 'welfare.gain is not there')
    """
    first = reason.split(" ", 1)[0]
    return reason[:1].upper() + reason[1:] if first.isalpha() else reason


def data_link(text: str) -> Markup:
    """CSV as an address that carries it."""
    return Markup("data:text/csv;base64,") + base64.b64encode(text.encode("utf-8")).decode("ascii")


def image_link(png: bytes) -> Markup:
    """A picture as an address that carries it."""
    return Markup("data:image/png;base64,") + base64.b64encode(png).decode("ascii")


def page_environment() -> Environment:
    """Templates of this room; a name that a template misspells is an error."""
    environment = Environment(
        loader=PackageLoader("tradegains.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "typeset": typeset,
        "data_link": data_link,
        "image_link": image_link,
        "as_sentence": as_sentence,
    }
    environment.globals["inline_svg"] = inline_svg
    return environment
