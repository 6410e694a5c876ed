"""The person's own side: what the record says in plain words, hidden or put right, shown to others, taken away."""
