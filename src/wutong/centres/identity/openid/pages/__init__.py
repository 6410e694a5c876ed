"""Pages that people see on their way into an application and out of it."""
