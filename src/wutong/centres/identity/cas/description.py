"""The addresses of CAS that programs call, described for programs (OpenAPI 3.1), after CAS 3.0.3 §2.4 to §2.8."""

from typing import Any

from wutong import __version__

Document = dict[str, Any]
TEXT: Document = {"type": "string"}
FORMAT: Document = {"type": "string", "enum": ["XML", "JSON"]}
URL: Document = {"type": "string", "format": "uri"}
RENEW: Document = {"type": "string", "enum": ["true"]}
VALIDATIONS = {
    "serviceValidate": "A ticket, by CAS 2",
    "proxyValidate": "A ticket or proxy ticket, by CAS 2",
    "p3/serviceValidate": "A ticket, with attributes (CAS 3)",
    "p3/proxyValidate": "A ticket or proxy ticket, with attributes (CAS 3)",
}
FAILURE = {
    "type": "object",
    "required": ["code", "description"],
    "properties": {"code": TEXT, "description": TEXT},
}
SUCCESS = {
    "type": "object",
    "required": ["user"],
    "properties": {"user": TEXT, "attributes": {"type": "object"}, "proxyGrantingTicket": TEXT,
                   "proxies": {"type": "array", "items": TEXT}},
}  # fmt: skip
PROXIED = {"type": "object", "required": ["proxyTicket"], "properties": {"proxyTicket": TEXT}}


def document() -> Document:
    validated = {"authenticationSuccess": SUCCESS, "authenticationFailure": FAILURE}
    question = {"service": TEXT, "ticket": TEXT, "renew": RENEW}
    more = {**question, "pgtUrl": URL, "format": FORMAT}
    paths = {
        "/cas/validate": _get("A ticket, by CAS 1", question, {"text/plain": {"schema": TEXT}}),
        **{f"/cas/{name}": _get(words, more, _service(validated)) for name, words in VALIDATIONS.items()},
        "/cas/proxy": _get(
            "A proxy ticket for another service",
            {"pgt": TEXT, "targetService": TEXT, "format": FORMAT},
            _service({"proxySuccess": PROXIED, "proxyFailure": FAILURE}),
        ),
    }
    return {"openapi": "3.1.0", "info": {"title": "梧桐认证中心 CAS", "version": __version__}, "paths": paths}


def _get(summary: str, asked: dict[str, Document], content: Document) -> Document:
    """Every answer has the status 200: the protocol says what is wrong in the body."""
    parameters = [{"name": name, "in": "query", "schema": schema} for name, schema in asked.items()]
    answer = {"description": "the answer, good or bad", "content": content}
    return {"get": {"summary": summary, "parameters": parameters, "responses": {"200": answer}}}


def _service(bodies: dict[str, Document]) -> Document:
    """One of these, in JSON where `format=JSON` asks for it."""
    inner = {"type": "object", "properties": bodies, "minProperties": 1, "maxProperties": 1}
    inner["additionalProperties"] = False
    whole = {"type": "object", "required": ["serviceResponse"], "properties": {"serviceResponse": inner}}
    return {"application/json": {"schema": whole}, "application/xml": {"schema": TEXT}}
