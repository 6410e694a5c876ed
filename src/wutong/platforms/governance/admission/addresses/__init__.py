"""Shanghai addresses in one form, and the catchments (对口地段) drawn over them."""
