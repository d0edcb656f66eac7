"""Signing in at the identity provider of a company: OpenID Connect, authorization code with PKCE."""
