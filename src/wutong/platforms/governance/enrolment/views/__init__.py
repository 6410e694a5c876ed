"""Pages: of families, of officers, of schools, and those that everybody may see."""
