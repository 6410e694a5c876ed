from dataclasses import dataclass

from wutong.kernel.event import Event


@dataclass(frozen=True)
class NoticePublished(Event):
    notice_id: int
