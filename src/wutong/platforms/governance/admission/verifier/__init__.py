"""What anybody can check a lottery with: verify.py by itself, or verify.html with verify.js in a browser.

They share no code with the draw, so that one slip cannot hide another. Both are handed out as they stand.
"""
