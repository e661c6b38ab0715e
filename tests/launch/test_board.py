"""The lines that show how far a sweep's runs are."""

from io import StringIO
from pathlib import Path

from ganlab.launch.board import Board

HYDRA = "trainer:\n  max_steps: 400\n"


class Terminal(StringIO):
    def isatty(self):
        return True


def begun(folder: Path, name: str, rows: str) -> Path:
    run_dir = folder / name
    (run_dir / ".hydra").mkdir(parents=True)
    (run_dir / ".hydra" / "config.yaml").write_text(HYDRA)
    (run_dir / "metrics.csv").write_text(f"step,images,seconds,generator/loss,val/kid,val/fid_digits\n{rows}")
    return run_dir


def test_each_run_has_its_step_of_all_and_its_score(tmp_path):
    screen, names = Terminal(), ["0_seed=1", "1_seed=2"]
    board = Board(names, screen)
    board.begin(
        0, begun(tmp_path, names[0], "50,500,1.0,0.3,,\n100,1000,2.0,0.2,7.0,31.25\n120,1200,2.5,0.1,,\n")
    )
    board.begin(1, begun(tmp_path, names[1], ""))
    board.look()
    shown = screen.getvalue()
    assert "0_seed=1 120/400" in shown
    assert "fid_digits 31.25" in shown
    assert "1_seed=2 0/400" in shown
    board.end(0)
    board.say("0_seed=1  finished")
    assert "0_seed=1  finished\n" in screen.getvalue()
    assert "runs     1/2" in screen.getvalue()
    board.close()


def test_away_from_a_terminal_there_are_plain_lines(tmp_path):
    out = StringIO()
    board = Board(["0_seed=1"], out)
    board.begin(0, begun(tmp_path, "0_seed=1", "50,500,1.0,0.3,,9\n"))
    board.look()
    board.say("0_seed=1  finished")
    board.end(0)
    board.close()
    assert out.getvalue() == "0_seed=1  finished\n"
