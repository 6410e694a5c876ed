"""应用登记: which applications stand behind the centre, whose they are, what they may ask and where answers go.

For districts, schools and providers that put their own software behind the centre, and for the protocols (OpenID,
CAS) that ask here who a client is. Least by default: no claim is released that was not asked for and reviewed.
"""
