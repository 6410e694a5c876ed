"""Organisations in a dated tree; persons with a key for life, dated numbers, memberships, guardianships."""
