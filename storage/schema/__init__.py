"""What the public views hold, said in the words of other tools: JSON Schema, Table Schema, Datasette.

All of it is made from the views' own columns (`storage.views`), so none can fall behind another.
"""
