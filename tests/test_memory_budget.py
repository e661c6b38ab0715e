"""The memory of tensors that are alive, in closed form."""

import torch
from torch import nn

from ganlab.memory_budget import Living, held_by
from tests.support.runs import build, tiny_config

FLOAT = 4  # bytes


def test_what_lives_is_counted_and_what_dies_is_not():
    before = torch.zeros(10)
    with Living([before, before[2:]]) as living:  # one memory
        assert living.bytes == 10 * FLOAT
        one = torch.ones(100)
        view = one.view(10, 10)
        assert living.bytes == 110 * FLOAT
        del one
        assert living.bytes == 110 * FLOAT  # the view has it
        del view
        torch.ones(50)
        assert living.bytes == 10 * FLOAT
    assert living.peak == 110 * FLOAT


def test_what_a_graph_keeps_for_the_way_back_is_alive():
    """Python has no name for it: an activation of each layer, and nothing of what is overwritten."""
    layers = nn.Sequential(
        *(layer for _ in range(3) for layer in (nn.Linear(20, 20, bias=False), nn.Sigmoid()))
    )
    weights, image = [*layers.parameters()], torch.zeros(7, 20)
    with Living([*weights, image]) as living:
        begun = living.bytes
        assert begun == (3 * 400 + 140) * FLOAT
        score = layers(image).sum()
        assert (
            living.bytes == begun + (3 * 140 + 1) * FLOAT
        )  # sigmoids keep what they give, and so do the maps
        score.backward()
        del score
    assert living.bytes == begun + 3 * 400 * FLOAT  # the gradients
    # on the way back activations die, and the gradient of one is alive with those of all weights
    assert begun + (3 * 400 + 140) * FLOAT <= living.peak < begun + (3 * 400 + 3 * 140) * FLOAT


def test_a_game_holds_its_weights_averages_and_two_numbers_of_adam_for_each():
    model = build(tiny_config("model=mlp_gan", "data.image_size=8"))[1]
    model.configure_optimizers()
    for optimizer in model.optimizers_by_player().values():
        for group in optimizer.param_groups:
            for weight in group["params"]:
                weight.grad = torch.zeros_like(weight)
        optimizer.step()
    weights, numbers = held_by(model)
    trained = sum(weight.numel() for player in model.parameters_of().values() for weight in player)
    assert Living(weights).bytes >= trained * FLOAT
    steps = sum(1 for number in numbers if number.dim() == 0)
    assert Living(numbers).bytes == (2 * trained + steps) * FLOAT
