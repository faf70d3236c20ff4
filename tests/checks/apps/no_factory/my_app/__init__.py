"""Has no create_app."""

app = None
