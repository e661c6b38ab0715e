"""One short file for each algorithm, named after its paper; ``base`` holds the mechanism.

images/        noise to image              translation/   picture to picture
captions/      words to picture            points         games in the plane
base           players who move one at a time: the update, time and chance
players        an optimizer for each, and perhaps a schedule
parts          a batch that is gone through in parts, of which a step knows nothing
gradients      clipped, found to be finite, their norms
telemetry      running means, and what was published
standing       batch norm's statistics of the averaged generator, taken anew
restoring      a checkpoint put into a model that may have been configured otherwise since
eval_mode, optimizer_numbers   networks in eval mode for a while; numbers changed between two starts

To add a variant: subclass the ``base`` of its wing, write the paper's algorithm in ``training_step``, add
``conf/model/NAME.yaml``: the tests over ``conf/model`` then hold for it.
"""
