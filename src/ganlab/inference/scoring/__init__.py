"""``ganlab score``: any two sets of images, by anybody's protocol.

kinds/       what a side can be, and from a word to one
passes       one look at each image of a side, for all networks and whatever else wants to see it
memory       what networks said before scoring was stopped
pixels       scores without any network; perceptual: by LPIPS; classifying: of a small classifier; beside: all of these
lenses       a protocol with its networks, and which scores it gives of two sides
intervals    how far a score would be off for other images, and whether two models differ
score        the whole of it; networks: of all protocols, each once; result: how, and what came of it
group        the processes of torchrun, which look together
notes        what somebody should know of the two sides
pairs        two sides whose pictures belong together, each to its own
"""
