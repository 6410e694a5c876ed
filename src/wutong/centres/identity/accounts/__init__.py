"""Accounts: signing in to one's own person. Passwords by argon2; tries are limited per address and account."""
