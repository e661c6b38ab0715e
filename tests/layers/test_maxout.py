import torch

from ganlab.layers.maxout import Maxout


def test_it_is_the_largest_of_its_linear_functions():
    torch.manual_seed(0)
    layer, features = Maxout(6, 4, pieces=5), torch.randn(3, 6)
    pieces = layer.linear(features).reshape(3, 4, 5)
    assert torch.equal(layer(features), pieces.max(dim=2).values)
    assert layer(torch.randn(2, 7, 6)).shape == (2, 7, 4)


def test_parameters_are_those_of_the_first_gans_discriminator():
    """240 units of 5 pieces on 784 pixels, twice, and a linear unit."""
    layers = [Maxout(784, 240, pieces=5), Maxout(240, 240, pieces=5), torch.nn.Linear(240, 1)]
    assert sum(p.numel() for layer in layers for p in layer.parameters()) == 1_231_441


def test_with_opposite_pieces_it_is_the_absolute_value():
    layer = Maxout(1, 1, pieces=2)
    layer.linear.load_state_dict({"weight": torch.tensor([[1.0], [-1.0]]), "bias": torch.zeros(2)})
    assert layer(torch.tensor([[3.0], [-4.0], [0.0]])).flatten().tolist() == [3, 4, 0]
