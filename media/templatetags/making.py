"""`{% made_of photo as made %}`: what we did to a photo (media/making.py)."""

from django import template

from media import making

register = template.Library()
register.simple_tag(making.made_of, name="made_of")
