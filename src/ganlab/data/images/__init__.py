"""Data of images, with or without labels.

folder            any folder of images
shards            images in tar or zip files that stay packed
hub               images of the Hugging Face Hub
packaged          digits, glyphs and photographs inside installed packages
torchvision_sets  MNIST, CIFAR-10 and others, downloaded where they are missing
celeba            faces that stay in their JPEG files
stacked           three digits in one picture: a thousand modes to count

To add one: subclass ``ganlab.data.base.ImageData``, give ``load``, add ``conf/data/NAME.yaml``.
"""
