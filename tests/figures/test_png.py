"""Pictures as files: what is read is what was drawn."""

import io

import numpy as np
from matplotlib import image

from tradegains.figures.png import png_file


def test_a_written_picture_is_read_as_it_was_drawn() -> None:
    drawn = np.random.default_rng(1988).integers(0, 256, (5, 7, 4), np.uint8)
    read = image.imread(io.BytesIO(png_file(drawn, 300)), format="png")
    assert (np.rint(read * 255) == drawn[:, :, :3]).all()
