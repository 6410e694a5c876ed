"""公办 placement by priority classes, the overflow, and 初中 in its four modes."""
