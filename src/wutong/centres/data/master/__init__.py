"""教育信息基础数据库: the registers of organisations, persons, classes, memberships and guardians."""
