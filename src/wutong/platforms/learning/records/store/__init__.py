"""What was said, kept: append-only facts in plain tables, their index apart, people behind keys of their own."""
