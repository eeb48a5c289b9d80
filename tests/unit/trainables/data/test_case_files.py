import shutil

from folders import cases_of

from trainables.data.case_files import data_digest
from trainables.data.phantom import write_phantom


def test_the_digest_follows_content_and_not_place_or_order(tmp_path):
    written, folder = tmp_path / "written", tmp_path / "data"
    write_phantom(written, cases=4, seed=0, size=(24, 24, 24), raters=1)
    shutil.copytree(written, folder)
    cases = cases_of(folder)
    digest = data_digest(cases)
    assert digest == data_digest(cases_of(written))
    assert digest == data_digest(reversed(cases))
    assert digest != data_digest(cases[:3])
    path = folder / "Phantom_002" / "Phantom_002_t1.nii.gz"
    path.write_bytes(path.read_bytes()[:-1])
    assert digest != data_digest(cases_of(folder))
