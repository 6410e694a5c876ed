"""What is over is forgotten, some time after it could still be asked about."""

from datetime import datetime, timedelta

from django.db.models import Q

from wutong.centres.identity.openid.grants import GRANTS
from wutong.centres.identity.openid.models import AccessToken, DeviceRequest

# A code that is shown again a day later is still known to have been used.
KEPT = timedelta(days=7)


def forget(at: datetime) -> None:
    AccessToken.objects.filter(expires__lt=at).delete()
    DeviceRequest.objects.filter(expires__lt=at - timedelta(hours=1)).delete()
    GRANTS.filter(Q(ended__lt=at - KEPT) | Q(expires__lt=at - KEPT)).delete()
