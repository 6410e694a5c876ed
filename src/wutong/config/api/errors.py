"""What a program may do wrong at the door, beyond what the pages know."""

from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import NotAllowed, WutongError


class NotSignedIn(WutongError):
    code, status = "not_signed_in", 401
    sentence = _("请先登录，或者在 Authorization 里带上有效的令牌。")

    def __init__(self, challenge: str = 'Bearer realm="wutong"') -> None:
        """`challenge` is what WWW-Authenticate says (RFC 6750 §3)."""
        super().__init__()
        self.challenge = challenge


class ScopeMissing(NotAllowed):
    code = "scope_missing"
    sentence = _("这个令牌没有办理此事的授权范围。")


class Malformed(WutongError):
    code, status = "malformed", 400
    sentence = _("请求的正文不是规范的 JSON。")


class MethodMissing(WutongError):
    code, status = "method_not_allowed", 405
    sentence = _("这个地址不支持这种请求方法。")

    def __init__(self, allow: str) -> None:
        super().__init__()
        self.allow = allow


class Outdated(WutongError):
    code, status = "outdated", 412
    sentence = _("您读取之后内容已被改动，请重新读取后再办理。")


class TooLarge(WutongError):
    code, status = "too_large", 413
    sentence = _("一次送来的内容太多，请分成几次。")


class Unconditional(WutongError):
    code, status = "if_match_missing", 428
    sentence = _("请在 If-Match 里写明您读到的版本（ETag），以免盖掉别人的改动。")


class TooMany(WutongError):
    code, status = "too_many", 429
    sentence = _("请求太频繁，请稍后再试。")


class Busy(WutongError):
    code, status = "busy", 503
    sentence = _("正在处理另一批数据，请稍后再试。")
