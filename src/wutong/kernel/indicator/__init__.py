"""Named, owned, dated measures over published views; each value says by which formula and from which snapshot."""

from wutong.kernel.indicator.declare import Indicator, View

__all__ = ["Indicator", "View"]
