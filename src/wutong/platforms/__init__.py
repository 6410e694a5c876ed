"""两平台: the learning platform and the governance platform."""
