"""Messages to people: what they say, how they look in a mail or a chat, and how they are handed over."""
