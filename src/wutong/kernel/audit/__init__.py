"""The hash-chained journal of actions and of looks at sensitive fields."""
