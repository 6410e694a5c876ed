"""What the protocols ask of the registry of applications."""

from datetime import datetime

from wutong.centres.identity.applications import clients, credentials
from wutong.centres.identity.applications.actions import Made, create_client, create_client_by_command
from wutong.centres.identity.applications.addresses import fault_of, redirect_allowed
from wutong.centres.identity.applications.audience import admits
from wutong.centres.identity.applications.claims import (
    CLAIMS,
    DECIDES_ALONE,
    Claim,
    age,
    fit_for_age,
    released,
    subject,
    user_name,
)
from wutong.centres.identity.applications.clients import Client, client_for_service
from wutong.centres.identity.applications.models import Application
from wutong.centres.identity.applications.outbound import Unreachable, call
from wutong.centres.identity.applications.rules import keeps_application
from wutong.centres.identity.applications.statistics import signed_in
from wutong.centres.identity.applications.way_back import form_post, go
from wutong.kernel.policy import Actor

__all__ = [
    "CLAIMS",
    "Claim",
    "Client",
    "Made",
    "Unreachable",
    "admits",
    "DECIDES_ALONE",
    "age",
    "call",
    "client",
    "client_for_service",
    "create_client",
    "create_client_by_command",
    "fault_of",
    "fit_for_age",
    "form_post",
    "go",
    "redirect_allowed",
    "kept_client",
    "released",
    "secret_holds",
    "signed_in",
    "subject",
    "user_name",
]


def client(client_id: str) -> Client | None:
    """The client in use by that id, with what is kept of its secrets: one query.

    None for one that is unknown, in draft or suspended.
    """
    return clients.client(client_id)


def kept_client(actor: Actor, client_id: str) -> Client | None:
    """The client, if it is in use and the actor looks after the application."""
    row = (
        Application.objects.visible_to(actor)
        .filter(client_id=client_id)
        .select_related("organisation")
        .first()
    )
    return client(client_id) if row and keeps_application(actor, row) else None


def secret_holds(client: Client | None, secret: str, at: datetime) -> bool:
    """Whether the client shows one of its secrets. Takes the same for an unknown client, given as None."""
    return credentials.holds(client, secret, at)
