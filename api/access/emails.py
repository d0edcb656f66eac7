"""E-mail addresses: how they are compared, and which ones are taken for an account."""

import unicodedata
from typing import Annotated, Final

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

MAX_CHARS: Final = 254


def comparable(email: str) -> str:
    """An address as it is kept and looked for: small letters, composed."""
    return unicodedata.normalize("NFC", email.strip()).lower()


def _checked(email: str) -> str:
    try:
        return comparable(validate_email(email.strip(), check_deliverability=False).normalized)
    except EmailNotValidError:
        raise PydanticCustomError("email", "This is not an e-mail address.") from None


NewEmail = Annotated[
    str,
    Field(max_length=MAX_CHARS, examples=["ada@example.com"], json_schema_extra={"format": "email"}),
    AfterValidator(_checked),
]
"""Address of a new account or an invitation."""
