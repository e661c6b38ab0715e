"""StyleGAN3's generator: nothing in it knows where the pixels lie.

bands         the cutoff, rate and size of each layer
waves         the input: waves that a style can turn and shift
alias_free    layers, synthesis, and the generator
"""
