"""表格: reading what people and attackers upload, cell by cell, and writing what Excel cannot be harmed by."""
