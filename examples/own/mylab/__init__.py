"""A laboratory of one's own: a variant, a network, a loss, a data set, a metric and a callback, each in a file."""
