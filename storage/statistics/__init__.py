"""What an archive comes to in numbers: for reports. Read-only, from the public views, as plain frozen values.

Every function takes a connection, so that all numbers come from one snapshot; inside `storage.as_of.as_of`
they are as of then. Orders are total: the same archive gives the same values, in the same order.
"""
