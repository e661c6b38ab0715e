"""What must not reach a file."""

CANARY = "CANARY-1a2b3c4d"
KEY = "0123456789abcdef" * 2 + "01234567"
