"""What `evaluate` prints and writes: two models, raters, missing cases, pictures and files."""

import csv
import json
import shutil

import matplotlib.image
import nibabel as nib
import numpy as np
import pytest

from trainables.data.labels import LABEL_MAPS
from trainables.data.phantom import write_phantom
from trainables.evaluation.measures import CALIBRATION, COMPARED, MEASURES
from trainables.prediction_source import Source, Stamp, write_source

CASES = ("Phantom_001", "Phantom_002", "Phantom_003")


@pytest.fixture(scope="module")
def rated(tmp_path_factory):
    """Three cases that two raters have labelled."""
    root = tmp_path_factory.mktemp("rated")
    write_phantom(root, 3, seed=0, size=(28, 32, 24), spacing_mm=(5.0, 5.0, 6.0), raters=2)
    return root


@pytest.fixture
def models(rated, tmp_path):
    """`exact`, copies of the labels in nnU-Net's naming, and `other`, the second rater's."""
    for name in ("exact", "other"):
        (tmp_path / name).mkdir()
    for case in CASES:
        shutil.copy(rated / case / f"{case}_seg.nii.gz", tmp_path / "exact" / f"{case}.nii.gz")
        rater = rated / case / "raters" / "rater-2.nii.gz"
        shutil.copy(rater, tmp_path / "other" / f"{case}_seg.nii.gz")
    return tmp_path


def test_predictions_in_the_naming_of_another_tool_are_scored_in_every_measure(run, rated, models):
    result = json.loads(run("evaluate", models / "exact", rated, "--json").out)
    assert set(result["cases"]) == set(CASES)
    known = set(MEASURES) - set(CALIBRATION)
    assert {key for key in result["mean"] if "/" not in key} == known
    assert result["mean"]["lesion_f1"] == result["median"]["nsd"] == result["worst"]["dice"] == 1.0
    assert result["missing"] == []
    assert "HD95 mm" in run("evaluate", models / "exact", rated).out


def test_a_missing_prediction_is_named_and_scored_as_empty_only_when_asked(run, rated, models):
    (models / "exact" / f"{CASES[1]}.nii.gz").unlink()
    done = run("evaluate", models / "exact", rated, "--json")
    assert f"1 of 3 cases have no prediction: left out ({CASES[1]})" in done.err
    assert json.loads(done.out)["mean"]["dice/WT"] == 1.0
    done = run("evaluate", models / "exact", rated, "--json", "--missing", "worst")
    assert f"given the worst of every measure ({CASES[1]})" in done.err
    result = json.loads(done.out)
    assert result["missing"] == [CASES[1]]
    assert result["mean"]["dice/WT"] == pytest.approx(2 / 3)
    missed = result["cases"][CASES[1]]
    assert missed.keys() == result["cases"][CASES[0]].keys()
    assert {missed[f"interior_error/{region}"] for region in ("WT", "TC", "ET")} == {1.0}
    assert (missed["hd95"], missed["lesion_f1"]) == (374.0, 0.0)
    assert missed["volume_difference_ml/WT"] < 0


def test_data_in_two_layouts_are_read_in_the_one_that_is_named(run, rated, models, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    case = (rated / CASES[1]).resolve()
    shutil.copytree(rated / CASES[0], data / CASES[0])
    paths = ",".join(str(case / f"{CASES[1]}_{name}.nii.gz") for name in ("t1", "t2", "seg"))
    (data / "cases.csv").write_text(f"case,t1,t2,label\n{CASES[1]},{paths}\n")
    done = run("evaluate", models / "exact", data)
    assert (done.code, "should be laid out in one way" in done.err) == (2, True)
    for name in (CASES[0], CASES[2]):
        (models / "exact" / f"{name}.nii.gz").unlink()
    options = ("--layout", "csv", "--labels", "brats2018", "--json")
    result = json.loads(run("evaluate", models / "exact", data, *options).out)
    assert set(result["cases"]) == {CASES[1]}


def test_two_models_are_compared_over_the_cases_they_share(run, rated, models):
    (models / "other" / f"{CASES[2]}_seg.nii.gz").unlink()
    arguments = ("evaluate", models / "exact", rated, "--versus", models / "other")
    done = run(*arguments, "--json")
    assert f"predicted by one model only, so not compared: {CASES[2]}" in done.err
    versus = json.loads(done.out)["versus"]
    assert versus["models"] == {"A": "exact", "B": "other"}
    assert set(versus["cases"]) == set(CASES[:2])
    found = {row["key"]: row for row in versus["differences"]}
    assert set(found) == {
        f"{name}{end}" for name in COMPARED if name not in CALIBRATION
        for end in ("", "/WT", "/TC", "/ET")
    }  # fmt: skip
    dice = found["dice/WT"]
    assert (dice["wins"] + dice["ties"], dice["losses"]) == (2, 0)
    assert found["dice/WT"]["mean"] > 0 > found["boundary_error/WT"]["mean"]
    assert versus["verdict"].startswith("Too few cases to tell: with 2 of them")
    table = run(*arguments).out
    assert "A = exact, B = other" in table
    assert table.startswith(versus["verdict"])
    assert table.count(versus["verdict"]) == 2
    assert versus["verdict"] in run(*arguments, "--csv").err


def test_models_without_a_common_case_are_refused(run, rated, models):
    for case in CASES[1:]:
        (models / "exact" / f"{case}.nii.gz").unlink()
    (models / "other" / f"{CASES[0]}_seg.nii.gz").unlink()
    done = run("evaluate", models / "exact", rated, "--versus", models / "other")
    assert done.code == 2
    assert "should predict a case in common. Found none" in done.err


def test_raters_show_the_agreement_with_each_and_of_each_other(run, rated, models):
    result = json.loads(run("evaluate", models / "other", rated, "--raters", "--json").out)
    raters = result["raters"]
    assert raters["with_each"]["rater-2"]["dice"] == 1.0
    assert raters["with_each"]["rater-1"]["dice"] == pytest.approx(raters["among"]["dice"])
    assert raters["num_below"] == 0
    assert raters["spearman"] is None
    table = run("evaluate", models / "other", rated, "--raters").out
    assert "raters with each other" in table
    assert "In 0 of 3 cases the prediction agrees less with the raters" in table


def test_maps_add_calibration_and_the_worth_of_uncertainty_where_they_are(run, rated, models):
    rng = np.random.default_rng(0)
    for case in CASES[:2]:
        image = nib.load(models / "other" / f"{case}_seg.nii.gz")
        codes = np.asarray(image.dataobj)
        regions = np.stack([np.isin(codes, c) for c in ([1, 2, 4], [1, 4], [4])], axis=-1)
        sure = 0.8 * regions + 0.1 + 0.05 * rng.random(regions.shape)
        said = nib.Nifti1Image(sure.astype(np.float32), image.affine)
        nib.save(said, models / "other" / f"{case}_prob.nii.gz")
    arguments = ("evaluate", models / "other", rated, "--raters", "--band-mm", 6)
    raters = json.loads(run(*arguments, "--json").out)["raters"]
    assert 0 < raters["brier"] < 0.2
    assert 0 < raters["auroc"] < 1
    table = run(*arguments).out
    assert "band ECE" in table
    assert "calibration is that of 2 cases" in table
    assert f"AUROC {raters['auroc']:.3f}" in table
    assert f"Brier {raters['brier']:.4f}" in table


def test_raters_are_asked_for_in_vain_where_there_are_none(run, rated, models, tmp_path):
    alone = shutil.copytree(rated, tmp_path / "alone")
    for folder in alone.glob("*/raters"):
        shutil.rmtree(folder)
    done = run("evaluate", models / "exact", alone, "--raters")
    assert done.code == 2
    assert "Option `--raters` needs cases that two raters or more have labelled" in done.err


def test_codes_of_another_coding_are_said_by_an_option(run, rated, models):
    for path in (models / "exact").iterdir():
        image = nib.load(path)
        codes = np.array([0, 1, 2, 0, 3], np.uint8)[np.asarray(image.dataobj)]
        nib.save(nib.Nifti1Image(codes, image.affine), path)
    done = run("evaluate", models / "exact", rated)
    assert (done.code, "should hold only the codes" in done.err) == (2, True)
    assert "Say what its codes mean by `--prediction-labels`" in done.err
    done = run(
        "evaluate", models / "exact", rated, "--json", "--prediction-labels", "WT=1,2,3;TC=1,3;ET=3"
    )
    assert json.loads(done.out)["mean"]["dice"] == 1.0


def test_codes_of_our_own_predictions_are_those_of_their_model_in_each_folder(run, rated, models):
    rewrite(models / "exact", "msd_brats")
    rewrite(models / "other", "brats2023")
    done = run("evaluate", models / "exact", rated, "--versus", models / "other", "--json")
    assert f"codes in {models / 'exact'} are read as {{'WT': [1, 2, 3], 'TC': [2, 3]" in done.err
    assert f"codes in {models / 'other'} are read as {{'WT': [1, 2, 3], 'TC': [1, 3]" in done.err
    result = json.loads(done.out)
    assert result["mean"]["dice"] == 1.0
    rewrite(models / "other", "brats2018", was="brats2023")
    done = run("evaluate", models / "other", rated, "--json")
    assert "are read as" not in done.err
    assert result["versus"]["cases"] == json.loads(done.out)["cases"]


def test_an_option_has_the_last_word_on_the_codes_of_our_own_predictions(run, rated, models):
    rewrite(models / "exact", "msd_brats")
    option = ("--prediction-labels", "brats2023")
    done = run("evaluate", models / "exact", rated, "--json", *option)
    assert "are read as" not in done.err
    assert json.loads(done.out)["mean"]["dice/TC"] < 1.0


def test_predictions_of_two_codings_or_of_a_damaged_one_are_refused(run, rated, models):
    rewrite(models / "exact", "msd_brats", CASES[:1])
    done = run("evaluate", models / "exact", rated)
    assert (done.code, "Predictions should have one coding" in done.err) == (2, True)
    next((models / "exact").glob("model-*.json")).write_text('{"labels": {"WT": [900]}}')
    done = run("evaluate", models / "exact", rated)
    assert (done.code, "should say in JSON what label codes mean" in done.err) == (2, True)


def test_out_holds_the_rows_the_summary_and_a_picture_of_every_case(run, rated, models, tmp_path):
    out = tmp_path / "new" / "out"
    done = run("evaluate", models / "other", rated, "--versus", models / "exact", "--out", out)
    assert done.code == 0, done.err
    rows = read_csv(out / "metrics.csv")
    assert [row["case"] for row in rows] == list(CASES)
    assert {row["dice"] for row in read_csv(out / "versus.csv")} == {"1.0"}
    summary = json.loads((out / "summary.json").read_text())
    assert summary["cases"][CASES[0]]["dice"] == pytest.approx(float(rows[0]["dice"]))
    assert summary["versus"]["models"]["A"] == "other"
    pictures = {path.name for path in (out / "pictures").iterdir()}
    assert pictures == {"contact_sheet.png", *(f"{case}.png" for case in CASES)}
    for name in pictures:
        pixels = matplotlib.image.imread(out / "pictures" / name)
        assert min(pixels.shape[:2]) > 300
        assert pixels[..., :3].std() > 0.1


def test_pictures_alone_write_nothing_else_and_need_no_image(run, rated, models, tmp_path):
    bare = shutil.copytree(rated, tmp_path / "bare")
    for path in bare.glob("*/*_flair.nii.gz"):
        path.unlink()
    done = run("evaluate", models / "exact", bare, "--pictures", tmp_path / "drawn")
    assert done.code == 0, done.err
    assert len(list((tmp_path / "drawn").iterdir())) == 4


def test_a_folder_to_write_to_that_is_a_file_is_refused_before_any_work(run, models, tmp_path):
    (tmp_path / "file").write_text("mine")
    for option in ("--out", "--pictures"):
        done = run("evaluate", models / "exact", tmp_path / "no-data", option, tmp_path / "file")
        assert done.code == 2
        assert f"Folder {tmp_path / 'file'} should be a folder" in done.err


@pytest.mark.parametrize("value", ["-0.1", "1"])
def test_a_lesion_overlap_out_of_range_is_refused(run, rated, models, value):
    done = run("evaluate", models / "exact", rated, "--lesion-overlap", value)
    assert done.code == 2
    assert "`lesion_overlap` should be at least 0 and below 1" in done.err


@pytest.mark.data
def test_labels_of_a_real_scan_in_the_layout_of_the_decathlon_are_scored_and_drawn(
    run, shared_data, tmp_path
):
    (label,) = (shared_data / "msd" / "labelsTr").iterdir()
    (tmp_path / label.name).symlink_to(label)
    done = run(
        "evaluate", tmp_path, shared_data / "msd", "--json", "--pictures", tmp_path / "drawn"
    )
    assert done.code == 0, done.err
    mean = json.loads(done.out)["mean"]
    assert mean["dice"] == mean["lesion_f1"] == mean["volume_similarity"] == 1.0
    assert mean["hd95"] == mean["boundary_error"] == 0.0
    assert len(list((tmp_path / "drawn").iterdir())) == 2


def rewrite(folder, coding, cases=CASES, was="brats2018"):
    """Labels in other codes, as a model of that coding would have written them."""
    source = Source(((coding, "folder"),), (), LABEL_MAPS[coding])
    write_source(source, folder)
    for path in (path for case in cases for path in folder.glob(f"{case}*.nii.gz")):
        image = nib.load(path)
        codes = LABEL_MAPS[coding].to_codes(LABEL_MAPS[was].to_regions(np.asarray(image.dataobj)))
        renewed = nib.Nifti1Image(codes, image.affine)
        renewed.header["descrip"] = Stamp(source.digest).text()
        nib.save(renewed, path)


def read_csv(path):
    with path.open() as file:
        return list(csv.DictReader(file))
