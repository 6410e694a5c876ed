"""What programs ask: no browser, no session, no language."""
