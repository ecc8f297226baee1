"""How the store's tables came to be, one revision a file in `versions`.

A revision is called `vNNNN_subject.py` with `revision = "NNNN"`, and names the one before it. It
writes its tables out instead of importing them: the tables of today must not change the past.
"""
