"""``ganlab score``: any two sets of images, by anybody's protocol.

find         from a word to a side; sides: what each of them is
pictures     images in folders and zips; arrays: of NumPy; made: of data sets and of models
foreign      images of generators that are none of ganlab's
statistics   mean and covariance that somebody has saved
passes       one look at each image of a side, for all networks and whatever else wants to see it
pixels       scores without any network
lenses       a protocol with its networks, and which scores it gives of two sides
intervals    how far a score would be off for other images, and whether two models differ
score        the whole of it; networks: of all protocols, each once; result: how, and what came of it
notes        what somebody should know of the two sides

To add a kind of side: subclass ``Side``, and name it in ``find.side``.
"""
