"""Places outside that keep the values of credentials, such as HashiCorp Vault."""
