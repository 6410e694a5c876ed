"""Statements of one store, for those who keep it: found, read as they were sent, tried out."""
