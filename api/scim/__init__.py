"""The directory of a company: SCIM 2.0 (RFC 7643, RFC 7644) below `/scim/v2`, with a token of its own."""
