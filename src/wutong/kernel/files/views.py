from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from wutong.kernel.audit.api import journal
from wutong.kernel.files.models import StoredFile


@require_http_methods(["GET", "POST"])
def download(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """A look that is journalled writes, so it is asked for with a button."""
    file = StoredFile.objects.select_related("organisation").seen(request.actor, pk=pk)
    if file.sensitive and request.method != "POST":
        return render(request, "files/ask.html", {"file": file})
    if file.sensitive:
        journal(request.actor, "files.download", file, purpose=file.purpose)
    return answer(file)


def answer(file: StoredFile) -> FileResponse:
    """For views of modules too, which decide by their own rules who may have the file."""
    response = FileResponse(
        file.open(), as_attachment=True, filename=file.name, content_type=file.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
