"""Wutong 梧桐: the open software of a whole city's education."""

__version__ = "0.1.0"
