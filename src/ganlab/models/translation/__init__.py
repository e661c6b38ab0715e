"""Picture to picture.

base, two_domains    what all share; what unpaired models share
pix2pix              from pairs
cyclegan, discogan   from two domains without pairs
srresnet, srgan      super-resolution
context_encoder      filling holes; holes says where they are
tiles                pictures of any size through a network of one size
"""
