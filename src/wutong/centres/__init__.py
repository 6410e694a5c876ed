"""三中心: identity, data, resources."""
