"""One module a domain: what its entities show (description, reading) and what they can be told (``register``)."""
