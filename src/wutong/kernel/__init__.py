"""The ground. Knows people, organisations, rights and records; knows no business."""
