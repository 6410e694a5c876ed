"""统一门户: one home, one inbox, one search for everyone."""
