"""电脑随机录取 that anyone can recompute from the published files."""
