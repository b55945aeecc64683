"""linli (邻里): a plugin framework for homes and the communities around them."""
