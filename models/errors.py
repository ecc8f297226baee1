"""The errors a user may see.

    HuiyinError
    ├── DataError      a row, file or table cannot be used
    ├── ArtifactError  a trained model is missing, damaged or of another version
    └── StoreError     the database or the tracking server refuses

A bad argument is a plain `ValueError`.
"""


class HuiyinError(Exception):
    """Anything that ends in one clear line for the user."""


class DataError(HuiyinError):
    """A row, file or table cannot be used."""


class ArtifactError(HuiyinError):
    """A trained model is missing, damaged or of another version."""


class StoreError(HuiyinError):
    """The database or the tracking server refuses."""
