"""Hooks: webhooks, forms and mails that start runs."""
