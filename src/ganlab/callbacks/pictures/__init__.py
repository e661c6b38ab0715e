"""Pictures as training goes on, and the animation at the end.

base                                  when a picture is due, where it is written, who is shown it
images, translation, captions, points   what is drawn, one file for each wing
canvas, sheet                         drawing in the plane; rows of examples under captions

To add one: subclass ``base.Pictures``, give ``picture``, name it in ``conf/callbacks/samples/``.
"""
