"""Images with captions.

base        a caption that fits each image, and one that certainly does not
sets        images beside their captions
files       captions as people keep them: a text beside each image, or one list
folder      any folder of images with captions
shards      the same packed into archives
published   birds, flowers and COCO
shapes      drawn shapes with a sentence that says all about each

To add one: subclass ``base.CaptionData``, give ``load``, add ``conf/data/NAME.yaml``.
"""
