"""Pictures of a game in the plane: colours where they belong, arrows along the loss, training left alone."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.callbacks.pictures.canvas import FAKE, HIGH, LOW, REAL, Canvas
from ganlab.callbacks.pictures.points import heights, pull
from ganlab.losses.adversarial import NonSaturating, Saturating, Wasserstein
from tests.support.runs import differences, training_state

QUICK = ["model=plane_gan", "data=ring", "trainer.max_steps=12", "callbacks.samples.size=64"]
QUICK += ["callbacks.samples.surface=8", "callbacks.samples.arrows=3"]


def near(pixel, colour, by=3) -> bool:
    return max(abs(int(a) - b) for a, b in zip(pixel, colour, strict=True)) <= by


def test_a_lattice_runs_row_by_row_from_the_left_top():
    places = Canvas(reach=2.0, size=10).lattice(2)
    assert places.tolist() == [[-1, 1], [1, 1], [-1, -1], [1, -1]]


def test_the_surface_is_blue_where_it_says_real_and_orange_where_it_says_fake():
    canvas = Canvas(reach=1.0, size=40)
    canvas.surface(canvas.lattice(16)[:, 0].sign())  # real on the right
    picture = canvas.picture()
    assert picture.shape == (3, 40, 40)
    assert picture.dtype == torch.uint8
    assert near(picture[:, 20, 35], HIGH)
    assert near(picture[:, 20, 5], LOW)


def test_a_dot_lies_where_its_point_does_and_what_is_not_finite_is_left_out():
    canvas = Canvas(reach=2.0, size=100)
    canvas.dots(torch.tensor([[1.0, -1.0], [torch.nan, 0.0], [1e9, 0.0]]), REAL, radius=4, alpha=1.0)
    picture = canvas.picture()
    assert near(picture[:, 75, 75], REAL)  # right of the middle and below it
    painted = (picture.sum(0) < 600).nonzero()
    assert painted.min() >= 70
    assert painted.max() <= 80


def test_an_arrow_runs_from_tail_to_head_around_its_place():
    canvas = Canvas(reach=1.0, size=100)
    canvas.arrows(torch.zeros(1, 2), torch.tensor([[0.0, 7.0]]), longest=0.8)
    rows, columns = (canvas.picture().sum(0) < 600).nonzero().T
    assert (rows.min(), rows.max()) == (pytest.approx(30, abs=2), pytest.approx(70, abs=2))
    assert columns.float().mean().item() == pytest.approx(50, abs=2)
    head, tail = (columns[rows < 45].unique().numel(), columns[rows > 55].unique().numel())
    assert head > tail, "the point of an arrow is where it is wide"


class Slope(torch.nn.Module):
    """D(x) = 3 x - 4 y."""

    slope = torch.tensor([3.0, -4.0])

    def forward(self, points):
        return points @ self.slope


def module_with(loss) -> SimpleNamespace:
    return SimpleNamespace(loss=loss, discriminator=Slope(), device=torch.device("cpu"))


@pytest.mark.parametrize(
    ("loss", "weight"),
    [
        (NonSaturating(), lambda score: torch.sigmoid(-score)),
        (Saturating(), torch.sigmoid),
        (Wasserstein(), torch.ones_like),
    ],
)
def test_arrows_follow_the_generators_loss_at_each_place_by_itself(loss, weight):
    places = torch.tensor([[0.5, 0.5], [-1.0, 0.0], [0.0, 1.0]])
    expected = weight(Slope()(places))[:, None] * Slope.slope / 3  # minus the gradient of a mean over three
    torch.testing.assert_close(pull(module_with(loss), places, torch.zeros(2, 2)), expected)
    assert not places.requires_grad


def test_heights_are_around_the_middle_of_real_and_generated_points():
    places = torch.tensor([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [100.0, 0.0]])
    real, fake = torch.tensor([[1.0, 0.0]]), torch.tensor([[-1.0, 0.0]])
    found = heights(module_with(NonSaturating()), places, real, fake)
    assert found[0] == 0
    assert found[1] == -found[2] > 0
    assert found[3] <= 1


def test_pictures_by_points_seen_and_an_animation(tiny_run):
    module = tiny_run(*QUICK, "callbacks.samples.every_images=32")
    folder = Path(module.trainer.default_root_dir) / "samples"
    names = [f"{images:010d}.png" for images in (0, 32, 64, 96)]
    assert sorted(path.name for path in folder.glob("*.png")) == names
    pictures = []
    for name in names:
        with Image.open(folder / name) as picture:
            assert picture.size == (64, 64)
            pictures.append(picture.tobytes())
    assert len(set(pictures)) == 4
    with Image.open(folder / "animation.gif") as animation:
        assert animation.n_frames == 4


def test_left_alone_a_run_has_as_many_pictures_as_frames(tiny_run):
    module = tiny_run(*QUICK, "callbacks.samples.frames=3")
    folder = Path(module.trainer.default_root_dir) / "samples"
    assert len(list(folder.glob("*.png"))) == 4, "and one before training"


def test_drawing_does_not_touch_training(tiny_run, tmp_path):
    tiny_run(*QUICK, "callbacks.samples.frames=12", folder="often")
    tiny_run(*QUICK, "callbacks.samples.frames=1", folder="seldom")
    assert differences(training_state(tmp_path / "often"), training_state(tmp_path / "seldom")) == []


def test_generated_points_are_drawn_in_their_colour(tiny_run):
    module = tiny_run(*QUICK, "callbacks.samples.frames=1", "callbacks.samples.size=200")
    with Image.open(f"{module.trainer.default_root_dir}/samples/{module.images:010d}.png") as picture:
        pixels = torch.from_numpy(np.array(picture.convert("RGB"))).flatten(0, 1).int()
    for colour in (REAL, FAKE):
        assert ((pixels - torch.tensor(colour)).abs().sum(1) < 90).any()
