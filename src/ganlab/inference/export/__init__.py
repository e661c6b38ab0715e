"""A trained model as files to share.

formats          a folder in one of three formats, all of it or nothing
weights, read    the weights themselves: written, and read and checked; a model is made of them again
graphs           what of a model runs without ganlab, and how far a file may be from it
onnx_files       such graphs as ONNX, through onnxruntime    programs   as programs of torch.export
card             README.md: what the model is, with the lines that use it (usage) and its limits (limits)
licences         under which they may be used, by the Hub's names
hub, push        exports on the Hub of Hugging Face: fetched by hf://user/name, and uploaded
"""
