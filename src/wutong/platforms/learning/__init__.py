"""大规模智慧学习平台: what people learn with."""
