"""Where a family's statements are compared: 户籍, 不动产, 居住证, 社保."""

from wutong.platforms.governance.enrolment.sources.adapter import Answer, Question, Source
from wutong.platforms.governance.enrolment.sources.local import LOCAL

__all__ = ["SOURCES", "Answer", "Question", "Source"]

# A real source (the city's data exchange) takes the place of its local namesake in this one line.
SOURCES: dict[str, Source] = {source.name: source for source in LOCAL}
