"""Background work: asked for, done at least once, its progress seen."""
