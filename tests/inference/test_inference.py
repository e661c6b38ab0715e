"""A finished run as a model, and pictures from it."""

import pytest
import torch
from PIL import Image

import ganlab
from ganlab.config import compose
from ganlab.errors import UserError
from ganlab.inference.class_names import class_names
from ganlab.inference.export.formats import export
from ganlab.inference.sample import Controls, write_samples
from ganlab.randomness import Draws
from ganlab.training.run import train
from tests.support.runs import build
from tests.support.variants import translator


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    train(
        compose(
            [
                "model=mlp_gan",
                "data.image_size=8",
                "trainer=cpu",
                "trainer.max_steps=30",
                "callbacks.samples.n=4",
                "metrics=none",  # and so no best checkpoint
            ]
        ),
        folder,
    )
    return folder


def test_load_gives_the_averaged_generator(run):
    model = ganlab.load(run)
    assert not model.training
    assert model.steps == 30
    images = model.sample(10, seed=1)
    assert images.shape == (10, 1, 8, 8)
    assert images.abs().max() <= 1
    assert torch.allclose(images, model.sample(10, seed=1, batch_size=3), atol=1e-5), (
        "the batch size changes nothing"
    )
    assert not torch.equal(images, model.sample(10, seed=1, averaged=False)), (
        "the average is another network by now"
    )


def test_write_samples(run, tmp_path):
    folder = write_samples(run, n=5, seed=2, output=tmp_path / "out")
    assert sorted(p.name for p in folder.glob("*.png")) == [*(f"{i:06d}.png" for i in range(5)), "grid.png"]
    with Image.open(folder / "000000.png") as image:
        assert image.size == (8, 8)
    assert write_samples(run, n=1).parent == run / "generated"


def test_T13_fewer_samples_leave_no_old_ones_behind(run, tmp_path):
    for n in (6, 2, 2):
        folder = write_samples(run, n=n, output=tmp_path / "out")
        assert len(list(folder.glob("*.png"))) == n + 1  # and the grid
    with pytest.raises(UserError, match="label=1"):
        write_samples(run, n=1, label=1, output=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_T12_an_output_that_is_a_file_is_a_sentence(run, tmp_path):
    (tmp_path / "taken").write_text("mine")
    for output in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(UserError, match=r"cannot be a folder.*output=FOLDER"):
            write_samples(run, n=1, output=output)
    assert (tmp_path / "taken").read_text() == "mine"


def test_the_same_seed_makes_the_same_files(run, tmp_path):
    one, two = (write_samples(run, n=2, seed=7, output=tmp_path / name) for name in "ab")
    assert (one / "000001.png").read_bytes() == (two / "000001.png").read_bytes()


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"n": 0}, "n=0: expected"),
        ({"label": 3}, "label=3: this model was trained without labels"),
        (
            {"label": "seven"},
            "^label=seven: this model was trained without labels, so it has no classes to choose from$",
        ),
        ({"checkpoint": "best"}, "holds no best checkpoint"),
        (
            {"controls": Controls(mix=2)},
            "mix=2: this model draws from its noise alone and has no styles to mix",
        ),
    ],
)
def test_wishes_that_cannot_be_met(run, wish, sentence):
    with pytest.raises(UserError, match=sentence):
        write_samples(run, **wish)


def test_not_a_run_directory(tmp_path):
    with pytest.raises(UserError, match="not a run directory"):
        ganlab.load(tmp_path)


# A user's own labelled folder


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """A run on class folders that are gone when it is over."""
    import shutil

    from ganlab.training.checkpoints import steps_of

    root, folder = tmp_path_factory.mktemp("own"), tmp_path_factory.mktemp("labelled run")
    for number, name in enumerate(("2", "fox, red", "it's")):
        (root / name).mkdir()
        for i in range(8):
            Image.new("L", (8, 8), 40 * number + i).save(root / name / f"{i}.png")
    words = ["model=cgan", "data=folder", f"data.root={root}", "data.labels=true", "data.image_size=8"]
    sizes = ["data.channels=1", "data.batch_size=4", "data.workers=0", "data.test_fraction=0"]
    quick = ["trainer=cpu", "callbacks.samples.n=3", "callbacks.samples.columns=1", "metrics=none"]
    for steps in (2, 4):
        cfg = compose([*words, *sizes, *quick, f"trainer.max_steps={steps}"])
        cfg.resume = str(folder) if steps == 4 else None
        train(cfg, folder)
    assert sorted(map(steps_of, (folder / "checkpoints").glob("step-*.ckpt")))[-1] == 4
    shutil.rmtree(root)
    return folder


def test_a_labelled_folder_trains_goes_on_and_is_remembered_by_the_names_of_its_classes(labelled, tmp_path):
    model = ganlab.load(labelled)
    assert (model.steps, model.classes) == (4, 3)
    by_number = write_samples(labelled, n=2, label=1, output=tmp_path / "number")
    by_name = write_samples(labelled, n=2, label="fox, red", output=tmp_path / "name")
    other = write_samples(labelled, n=2, label="it's", output=tmp_path / "other")
    first, again, third = ((folder / "000000.png").read_bytes() for folder in (by_number, by_name, other))
    assert first == again != third
    named = write_samples(labelled, n=1, label="2", output=tmp_path / "digit")  # its name, not its number
    zero = write_samples(labelled, n=1, label=0, output=tmp_path / "zero")
    assert (named / "000000.png").read_bytes() == (zero / "000000.png").read_bytes()


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        ("fox", "label=fox: this model has no class of that name; did you mean fox, red?"),
        ("7", "label=7: this model has the classes 0 to 2"),
        (-1, "label=-1"),
        ("1.0", "no class of that name; there is 2, fox, red, it's"),
    ],
)
def test_a_class_that_is_none_is_a_sentence(labelled, label, sentence):
    with pytest.raises(UserError) as refusal:
        write_samples(labelled, n=1, label=label)
    assert sentence in str(refusal.value)


def test_an_export_of_it_says_the_names_of_its_classes(labelled, tmp_path):
    import json

    folder = export(labelled, output=tmp_path / "shared").folder
    assert json.loads((folder / "config.json").read_text())["class_names"] == ["2", "fox, red", "it's"]
    assert ganlab.load(folder).classes == 3


@pytest.mark.parametrize("names", [7, "fox", {"fox": 0}, [["fox"], None, 3.5]])
def test_names_of_classes_that_are_no_list_are_none(labelled, tmp_path, names):
    import json

    folder = export(labelled, output=tmp_path / "shared").folder
    about = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(about | {"class_names": names}))
    expected = [str(name) for name in names] if isinstance(names, list) else []
    assert class_names(folder, "labelled") == expected


def test_the_front_door_shows_what_is_behind_it():
    assert {"compose", "load", "load_data", "picture", "train"} == set(ganlab.__all__) < set(dir(ganlab))
    assert all(callable(getattr(ganlab, name)) for name in ganlab.__all__)
    with pytest.raises(AttributeError, match=r"^module 'ganlab' has no attribute 'lod'$"):
        _ = ganlab.lod


def test_a_loaded_model_is_a_function_of_z_with_the_averaged_weights(run):
    model = ganlab.load(run)
    (z,) = model.inputs(4, Draws(1, "sample"))
    assert torch.equal(model(z), model.sample(4, seed=1))
    assert not torch.equal(model(z), model.sample(4, seed=1, averaged=False))
    z.requires_grad_()
    model(z).sum().backward()
    assert z.grad.abs().min() > 0


def test_the_tools_of_explore_are_methods_of_a_loaded_model(run):
    model, data = ganlab.load(run), ganlab.load_data(run)
    walk = model.interpolate([0, 3], frames=5, n=4, seed=1)
    assert torch.equal(walk.images[0, [0, 4]], model.sample(4, seed=1)[[0, 3]])
    assert ganlab.picture(walk.images).size == (
        12 * 52,
        12 * 12,
    )  # five pictures of 8 in frames of 2, enlarged
    found = model.directions(k=2)
    assert model.edit(found.vectors[0], [0], [-1.0, 0.0, 1.0]).shape == (1, 3, 1, 8, 8)
    with model.truncated(0.5):
        assert model.prior(Draws(0), 9).abs().max() <= 0.5
    plain = model.sample(4)
    with model.standing_statistics(2):
        assert not torch.equal(model.sample(4), plain)
    assert torch.equal(model.sample(4), plain)
    assert model.neighbours(data, n=20).nearest.distances.shape == (20, 5)
    assert ganlab.load_data(run).dataset("test").images(torch.arange(2)).shape == (2, 1, 8, 8)


def test_the_newest_run_can_be_loaded_by_that_name(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "mlp_gan-digits").symlink_to(run, target_is_directory=True)
    assert torch.equal(ganlab.load("latest").sample(2), ganlab.load(run).sample(2))


def test_a_translator_is_a_function_of_pictures():
    model = build(translator("cyclegan_small"))[1].eval()
    image, coloured = torch.rand(2, 1, 16, 16) * 2 - 1, torch.rand(2, 3, 16, 16) * 2 - 1
    assert torch.equal(model(image), model.a_to_b(image))
    assert torch.equal(model(coloured, "b_to_a"), model.b_to_a(coloured))
    with pytest.raises(UserError, match="an image of shape"):
        model(coloured)
