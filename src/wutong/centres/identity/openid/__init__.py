"""OpenID 与 OAuth 2.1 服务: applications sign people in with the centre, and machines get tokens for interfaces.

For districts, schools and providers whose software stands behind the centre. OpenID Connect Core 1.0, OAuth 2.1 and
RFC 9700, with what small children's data ask for: a number of its own for each application, the least by default.
"""
