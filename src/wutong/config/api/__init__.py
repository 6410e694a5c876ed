"""The house for programs: the pages' registers, matters, codes and search as JSON, under the same rules."""
