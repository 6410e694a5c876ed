"""The face: strict components, page layouts, display preferences. Knows no business."""
