"""Everything about the bytes of a photo: is it one, what does it say of itself, and its renditions."""

from .checks import Checked, check
from .errors import InvalidPhoto
from .rendering import FORMATS, QUALITY, WIDTHS, Rendered, Rendition, render

__all__ = ["FORMATS", "QUALITY", "WIDTHS", "Checked", "InvalidPhoto", "Rendered", "Rendition", "check", "render"]
