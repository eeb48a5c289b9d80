"""Which patient a case belongs to, by the ids of BraTS, whatever the layout they are found in."""

import re

_TIME_POINTS = (r"(Brats1[789]_.+)_\d+", r"(BraTS-[a-z]+-\d+)-\d+")


def patient_of(case_id: str) -> str:
    """The id less the time point, which BraTS 2017 to 2019 and BraTS from 2023 on add.

    An id of any other kind is a patient.

    >>> patient_of("Brats18_TCIA01_131_1"), patient_of("BraTS2021_00002")
    ('Brats18_TCIA01_131', 'BraTS2021_00002')
    >>> patient_of("BraTS-MET-00086-001"), patient_of("BraTS-MET-00086"), patient_of("Mets_005")
    ('BraTS-MET-00086', 'BraTS-MET-00086', 'Mets_005')
    """
    for rule in _TIME_POINTS:
        match = re.fullmatch(rule, case_id, flags=re.IGNORECASE)
        if match:
            return match[1]
    return case_id
