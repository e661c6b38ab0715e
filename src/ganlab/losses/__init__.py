"""Pure functions of scores and images: tensors in, a scalar out, in stable forms.

adversarial   what the two players minimise; an object with ``discriminator`` and ``generator``
penalties     on the discriminator's gradient: gradient penalty, R1, R2
dragan, consistency   likewise at real images; on scores that change when an image is moved
regularizers  on scores and their neighbours, for both players; some remember
orthogonal    on the weights of a network
path_length   how much an image changes with its styles
information   auxiliary losses of ACGAN, InfoGAN and StackGAN
mode_seeking  on a generator that draws the same whatever z is
similarity    between two images, and between the codes of a batch
patch_nce     between patches of an image and of what became of it
perceptual    between the features of two images
scales        of discriminators that judge at several scales
precision     losses are computed in at least float32

To add an adversarial loss: give ``discriminator`` and ``generator`` as ``types.AdversarialLoss`` says, add
``conf/model/loss/NAME.yaml``, and its value in closed form to the tests.
"""
