"""Networks from picture to picture, and the discriminators that judge them.

unet, residual, srresnet, esrgan, context_encoder, discogan   generators, named after their shape or paper
coarse_to_fine                                                residual, and an enhancer around it
spade                                                         of label maps
patch, multiscale                                             PatchGAN, and at several scales
starganv2                                             translator by styles, where they come from, discriminator
patch_projection                                              features of patches, to be compared
"""
