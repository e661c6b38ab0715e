"""Real images described once.

description   moments and samples of their features
measures      the measures that compare two descriptions
reference     a set described once, with its floor; how others are compared with it
cache         descriptions on disk, under a key of everything they depend on
"""
