"""Bytes that stand in a JSON body as base64, and are described so: clients send a text."""

from typing import Annotated

from pydantic import Base64Bytes, WithJsonSchema

Base64Text = Annotated[Base64Bytes, WithJsonSchema({"type": "string", "contentEncoding": "base64"})]
