"""The register search: Chinese, pinyin and initials over one index, answered within the asker's scope."""

from wutong.kernel.search.source import Document, SearchSource

__all__ = ["Document", "SearchSource"]
