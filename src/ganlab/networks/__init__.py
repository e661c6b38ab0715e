"""Networks, which know nothing of losses, optimizers or the other player.

images/        from noise, and discriminators of images     labels/    those that are told a class
translation/   picture to picture                           captions/  those that are told a text
points         perceptrons of the plane                     sizes      which image sizes a network can make

To add one: a module with keyword-only sizes, checked at construction; add ``conf/model/generator/NAME.yaml`` or
``conf/model/discriminator/NAME.yaml``, and its parameter count to the tests.
"""
