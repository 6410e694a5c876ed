"""Pages of accounts that no library gives."""
