"""A trained model on a page in the browser.

drawing      what the page asks of a model that draws, as pictures and as a command
translating  the same of a model that translates
page         the controls of both, by Gradio
serve        the page on this machine alone, and its end
"""
