"""What a recipe has changed."""

import yaml

from ganlab.config import compose, save_config
from ganlab.config.runs.changes import save_changes


def changes(words, folder):
    save_config(compose(words), folder, words)
    save_changes(folder)
    path = folder / ".hydra" / "changes.yaml"
    return yaml.safe_load(path.read_text())["changed"] if path.exists() else None


def test_each_key_that_a_recipe_and_the_words_beside_it_change_is_told(tmp_path):
    changed = changes(["debug=tiny", "seed=3", "name=mine"], tmp_path)
    assert changed["seed"] == {"default": 0, "value": 3}
    assert changed["trainer.max_steps"]["value"] == 4
    assert changed["data.batch_size"]["value"] == 4
    assert "name" not in changed
    assert changed["trainer.max_steps"]["default"] == compose([]).trainer.max_steps


def test_without_a_recipe_the_words_say_all(tmp_path):
    assert changes(["debug=tiny"], tmp_path)
    assert changes(["model=vanilla", "seed=3"], tmp_path) is None
