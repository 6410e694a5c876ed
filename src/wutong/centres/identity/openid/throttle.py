"""How often somebody may ask. Guessing is hopeless by the length of what is guessed; this keeps it cheap for us as
well."""

from wutong.centres.identity.accounts.api import Throttle

# A client that asks so often is broken; a school behind one address is not.
CLIENTS = Throttle(6_000, 60)
FAILURES = Throttle(60, 60)
USER_CODES = Throttle(10, 300)
# One line in the journal for the same refusal, and not many from one place, so that nobody fills it.
JOURNAL = Throttle(1, 60)
JOURNAL_PLACES = Throttle(30, 60)
