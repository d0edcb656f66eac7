"""Files of a workspace: what people upload for agents and chats, and what agents write."""
