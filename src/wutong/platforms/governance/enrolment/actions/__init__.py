"""The verbs of enrolment, by who makes them and when in the year."""
