"""What is put together here and nowhere else: options, settings, the list of modules, urls, commands."""
