"""How well a dataset's search answers the questions of a test set: what goes in, what is measured, what differs.

A judgement of a document counts what is found of it once, at the place of its best chunk (as is usual where passages
are searched and documents are judged); a judgement of a chunk counts that chunk alone.
"""
