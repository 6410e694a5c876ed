from django import template

from wutong.kernel.action import title_of

register = template.Library()


@register.filter
def action_title(name: str) -> str:
    """The words for a verb of the journal."""
    return str(title_of(name))
