from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_GET

from wutong.kernel.files.models import StoredFile


@require_GET
def download(request: HttpRequest, pk: int) -> FileResponse:
    """Always as an attachment: nothing that was uploaded is ever shown as a page of ours."""
    found = StoredFile.objects.seen(request.actor, pk=pk)
    return FileResponse(found.open(), as_attachment=True, filename=found.name, content_type=found.content_type)
