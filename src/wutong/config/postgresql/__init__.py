"""Django's PostgreSQL, told by the socket whether the server is still there."""
