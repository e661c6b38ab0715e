"""Picture to picture.

base, two_domains, one_way   what all share; what unpaired models share, of two generators and of one
pix2pix, pix2pixhd, spade   from pairs, and from label maps
cyclegan, discogan   from two domains without pairs, both ways; cut, one way
srresnet, srgan, esrgan   super-resolution
starganv2            between several domains, in many styles of each
context_encoder      filling holes; holes says where they are
tiles                pictures of any size through a network of one size
"""
