"""A few notices, so that the first morning has something to read."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from wutong.kernel.notice.actions import publish_notice
from wutong.kernel.notice.models import Notice
from wutong.kernel.people.models import Membership, Organisation
from wutong.kernel.people.queries import actor_of

WHY = "the demo's own"
# Whose office, days ago, title, text, to whom.
NOTICES = (
    ("city", 1, "关于开展 2026 年网络安全等级测评的通知", "请各区、各校于 11 月 30 日前完成自查，并在本通知中回执。", ("officer", "clerk", "head"), True),
    ("district", 2, "冬季学校安全检查安排", "本周起分片检查消防通道、燃气和校车，请各校提前自查并做好记录。", ("clerk", "head"), True),
    ("school", 0, "家长会安排", "本周五下午三点在各班教室召开家长会，请安排好时间，凭校门口二维码入校。", ("guardian", "pupil", "teacher"), False),
    ("school", 4, "校园读书节开幕", "每人推荐一本书，写三句话贴在班级书架上。", ("guardian", "pupil", "teacher"), False),
)  # fmt: skip


def build(*, seed: int, password: str, say: Callable[[str], None]) -> None:
    if Notice.objects.unscoped(WHY).filter(kind="notice").exists():
        return
    with transaction.atomic():
        for kind, days, title, body, roles, receipt in NOTICES:
            _publish(kind, days, title=title, body=body, roles=list(roles), needs_receipt=receipt)


def _publish(kind: str, days: int, **values: object) -> None:
    """By the officer, or the clerk, of the place where most demo accounts are."""
    role = "clerk" if kind == "school" else "officer"
    posts = Membership.objects.unscoped(WHY).filter(
        role=role, organisation__kind=kind, person__accounts__demo=True
    )
    post = posts.select_related("person", "organisation").order_by("pk").first()
    if post is None:
        return
    place: Organisation = post.organisation
    publish_notice(actor_of(post.person), place, at=timezone.now() - timedelta(days=days), **values)
