"""Real images described once.

description   moments and samples of their features
measures      the measures that compare two descriptions
cache         descriptions on disk, under a key of everything they depend on
"""
