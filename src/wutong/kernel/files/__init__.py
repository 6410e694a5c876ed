"""Stored files: under the hash of their content, and only of kinds that are looked for inside them."""
