"""The palette writer: areas keep their colour, edges nearly, and any PNG reader reads it."""

import io

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from recmath_lib.widgets.png import CLOSE, MOST, PaletteWriter


def rgba(colours):
    return np.dstack([colours, np.full(colours.shape[:2], 255)]).astype(np.uint8)


def read(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")).astype(int)


WHITE = rgba(np.full((30, 40, 3), 255))


@settings(max_examples=25)
@given(st.lists(st.tuples(*[st.integers(0, 15)] * 3), min_size=1, max_size=4, unique=True))
def test_areas_keep_their_colour_exactly(sixteenths):
    picture = WHITE.copy()
    for place, colour in enumerate(sixteenths):
        picture[:, 10 * place : 10 * place + 8, :3] = 16 * np.array(colour)
    assert np.array_equal(read(PaletteWriter(WHITE).png(picture)), picture)


def test_few_pixels_keep_their_colour_nearly_and_the_background_stays_exact():
    rng = np.random.default_rng(0)
    writer, picture = PaletteWriter(WHITE), WHITE.copy()
    picture[5, :, :3] = np.linspace(0, 255, 40)[:, None]  # forty greys, a pixel each
    seen = read(writer.png(picture))
    assert 0 < np.abs(seen - picture.astype(int)).max() <= CLOSE + 7
    assert np.array_equal(np.delete(seen, 5, axis=0), np.delete(picture, 5, axis=0))
    noise = rgba(rng.integers(0, 256, (30, 40, 3)))
    assert read(writer.png(noise)).shape == noise.shape and len(writer.colours) == MOST


def test_the_same_picture_is_the_same_bytes():
    picture = WHITE.copy()
    picture[3:20, 3:20, :3] = (0, 114, 178)
    writer = PaletteWriter(WHITE)
    assert writer.png(picture) == writer.png(picture) != writer.png(WHITE)
