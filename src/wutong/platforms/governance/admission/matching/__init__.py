"""Matching students with schools from two sides of wishes and priorities."""
