import shutil
import tracemalloc

from trainables.data.checks import check_dataset
from trainables.data.config import DataConfig
from trainables.data.phantom import write_phantom


def test_memory_does_not_grow_with_the_number_of_cases(tmp_path, monkeypatch):
    monkeypatch.setattr("trainables.data.checks.os.cpu_count", lambda: 1)  # no threads that meet
    written = tmp_path / "written"
    write_phantom(written, cases=1, seed=0, size=(24, 24, 24), raters=1)
    root = tmp_path / "many"
    for number in range(24):
        name = f"Case_{number:02d}"
        shutil.copytree(written / "Phantom_001", root / name)
        for path in (root / name).glob("Phantom_001_*"):
            path.rename(path.with_name(path.name.replace("Phantom_001", name)))
    check_dataset(DataConfig(root=str(written)))  # what is imported late is no case's memory
    peaks = []
    for count in (24, 6):
        for extra in sorted(root.iterdir())[count:]:
            shutil.rmtree(extra)
        tracemalloc.start()
        check_dataset(DataConfig(root=str(root)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[0] < 1.5 * peaks[1]  # 4 where all are held
