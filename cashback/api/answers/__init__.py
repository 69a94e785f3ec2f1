"""What routes answer that build it field by field: the shapes of the document, held against every answer by the tests.

A route that answers a model says so itself and has no entry here.
"""
