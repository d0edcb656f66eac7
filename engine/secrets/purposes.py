"""What sealed values are for: each purpose belongs to one column of the database."""

from typing import Final

CREDENTIAL: Final = "credential"
"""`credentials.sealed`."""

CHANNEL: Final = "notification_channel"
"""`notification_channels.sealed`."""

HOOK: Final = "hook"
"""`hooks.sealed`."""

SUBSCRIPTION: Final = "subscription"
"""`subscriptions.sealed`."""

SIGN_ON: Final = "sign_on_provider"
"""`sign_on_providers.sealed`."""

SIGN_ON_ATTEMPT: Final = "sign_on_attempt"
"""`sign_on_attempts.sealed`, which live for minutes and are not wrapped anew."""

INVITATION_MAIL: Final = "invitation_mail"
"""What only the mail of an invitation says; nothing that is kept, and good for as long as the invitation."""

MESSAGE: Final = "notification_message"
"""`notification_messages.sealed`."""

CONNECTION: Final = "connection"
"""`connections.sealed`."""

CONNECTION_APP: Final = "connection_app"
"""`connection_apps.sealed`."""

CONNECTION_ATTEMPT: Final = "connection_attempt"
"""`connection_attempts.sealed`, and `sealed_code`."""

SECRET_STORE: Final = "secret_store"  # noqa: S105 - a purpose
"""`secret_stores.sealed`."""

DATA_KEY: Final = "data_key"
"""`data_keys.sealed`."""
