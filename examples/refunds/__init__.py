"""The refunds example: mails in, answers and payments out."""
