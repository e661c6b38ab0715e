"""A trained model as files to share: ``weights`` writes them, ``read`` reads and checks them."""
