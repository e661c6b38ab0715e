import csv

from ganlab.loggers.csv import CSVLog


def rows(path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def write(log: CSVLog, step: int, **values: float) -> None:
    log.log_metrics({**values, "progress/images": step * 10}, step=step)


def test_rows_columns_and_late_metrics(tmp_path):
    log = CSVLog(tmp_path / "metrics.csv")
    write(log, 1, loss=0.5)
    write(log, 2, loss=0.25)
    write(log, 2, fid=30.0)  # joins the row of its step
    write(log, 3, loss=0.125)
    found = rows(tmp_path / "metrics.csv")
    assert [(r["step"], r["images"], r["loss"], r["fid"]) for r in found] == [
        ("1", "10", "0.5", ""),
        ("2", "20", "0.25", "30.0"),
        ("3", "30", "0.125", ""),
    ]


def test_R14_resume_drops_what_came_after_and_half_a_row(tmp_path):
    path = tmp_path / "metrics.csv"
    log = CSVLog(path)
    for step in range(1, 6):
        write(log, step, loss=step)
    seconds = float(rows(path)[2]["seconds"])
    with open(path, "a") as file:
        file.write("6,60")  # the process died here
    again = CSVLog(path)
    again.rewind(3)
    write(again, 4, loss=-4.0)
    found = rows(path)
    assert [r["step"] for r in found] == ["1", "2", "3", "4"]
    assert found[-1]["loss"] == "-4.0"
    assert float(found[-1]["seconds"]) >= seconds


def test_rows_that_join_are_written_in_their_place_and_all_others_stay(tmp_path):
    path = tmp_path / "metrics.csv"
    log = CSVLog(path)
    write(log, 1, loss=0.123456789, fid=1.0)
    write(log, 2, loss=0.123456789)
    first = path.stat().st_ino
    write(log, 2, fid=20.25)  # later, of the same step
    write(log, 2, loss=2.0)  # shorter than what was there
    write(log, 3, loss=0.75)
    assert path.stat().st_ino == first, "the file was made anew"
    found = [{key: value for key, value in row.items() if key != "seconds"} for row in rows(path)]
    assert found == [
        {"step": "1", "images": "10", "loss": "0.123456789", "fid": "1.0"},
        {"step": "2", "images": "20", "loss": "2.0", "fid": "20.25"},
        {"step": "3", "images": "30", "loss": "0.75", "fid": ""},
    ]
    path.unlink()
    write(log, 3, fid=2.0)
    assert [row["fid"] for row in rows(path)] == ["1.0", "20.25", "2.0"], "taken away, it is written again"
