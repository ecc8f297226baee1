"""The store: feedback, corrections and themes in one database, SQLite or PostgreSQL."""
