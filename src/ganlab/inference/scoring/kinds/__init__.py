"""What a side can be; all of them are images in a fixed order, or what is left of such.

find         from a word to a side
base         what a side is
pictures     images in folders and zips; arrays: of NumPy; made: of data sets and of models
foreign      images of generators that are none of ganlab's
statistics   mean and covariance that somebody has saved

To add one: subclass ``Side``, and name it in ``find.side``.
"""
