"""Networks that are told a text.

encoders, pretrained   from a caption to an embedding: trained here, or frozen ones; embedding_cache keeps the latter's
gan_cls, stackgan      generators
discriminators         real, and of this text?
"""
