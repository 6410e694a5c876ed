"""Code sets: versioned, dated lists that registers take their choices from."""
