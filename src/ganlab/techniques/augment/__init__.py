"""Changes of images before the discriminator sees them, differentiable.

base          the identity, and noise that fades
diffaugment   colour, translation, cutout (Zhao et al. 2020)
bgc, ada      blits, geometry, colours; as strong as overfitting asks for (Karras et al. 2020)
apa           fakes among the real images, as many as overfitting asks for (Jiang et al. 2021)
warp          images taken from other places

To add one: subclass ``base.Augment``, add ``conf/model/augment/NAME.yaml``.
"""
