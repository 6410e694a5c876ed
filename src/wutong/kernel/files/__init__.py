"""Files that people give, kept by content, told by their bytes, given back to who may see them."""
