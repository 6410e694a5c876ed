"""What xAPI says of statements: pure rules, without database, web or clock."""
