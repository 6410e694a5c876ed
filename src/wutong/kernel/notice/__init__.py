"""Messages to people: notices that an organisation publishes, and what the system has to tell."""
