"""Alembic's migrations, run by the owner role. The app role holds no right to change a table."""
