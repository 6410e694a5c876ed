"""CAS server: single sign-on for applications that speak the CAS protocol, 1 to 3.

For schools' and universities' software that has spoken CAS for years. Follows the CAS Protocol Specification 3.0.3,
with two rules more: a service must be registered, and a person must be among those it is for.
"""
