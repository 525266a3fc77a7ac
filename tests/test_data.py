"""The shipped digits are the published ones; points come from files or a clear error does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigen.data import DIGITS_ATTRIBUTION, load_digits, load_points


def test_digits_are_what_the_source_says():
    """Class sizes as in the data set's own description of its test set."""
    images, labels = load_digits()
    assert images.shape == (1797, 8, 8) and labels.shape == (1797,)
    assert images.dtype == np.float64 and labels.dtype == np.int64
    assert images.min() == 0 and images.max() == 1
    assert np.array_equal(images * 16, np.round(images * 16))
    assert list(np.bincount(labels)) == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.sum(images) == 561718 / 16


def test_digits_equal_those_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    source = datasets.load_digits()
    images, labels = load_digits()
    assert np.array_equal(images, source.images / 16)
    assert np.array_equal(labels, source.target)


def test_digits_flat_and_in_single_precision():
    images, _ = load_digits()
    flat, _ = load_digits(np.float32, flat=True)
    assert flat.shape == (1797, 64) and flat.dtype == np.float32
    assert np.array_equal(flat.reshape(-1, 8, 8), images)
    with pytest.raises(ValueError, match="dtype is uint8"):
        load_digits(np.uint8)


def test_digits_are_fresh_copies():
    images, labels = load_digits()
    images[:], labels[:] = -1, -1
    again, labels_again = load_digits()
    assert again.min() == 0 and labels_again.min() == 0


def test_digits_name_their_source():
    for part in ("Alpaydin", "Kaynak", "1998", "10.24432/C50P49", "CC BY 4.0"):
        assert part in DIGITS_ATTRIBUTION


def write(tmp_path, text, name="points.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n3,4.5\n",
        "1, 2\n3 ,4.5",
        "1;2\n3;4.5\n",
        "1\t2\n3\t4.5\n",
        "1 2\n 3   4.5 \n",
        "x,y\n1,2\n3,4.5\n",
        '"the x","the y"\n"1","2"\n"3","4.5"\n',
        "x y\n1 2\n3 4.5\n",
        "# x y\n1 2\n3 4.5\n",
        "\n1,2\n\n3,4.5\n\n",
        "1,2\r\n3,4.5\r\n",
        "\ufeffx,y\n1,2\n3,4.5\n",
        "\ufeff1,2\n3,4.5\n",
        "1e0,+2.\n0.3E1,4.5\n",
        "größe;höhe\n1;2\n3;4.5\n",
    ],
)
def test_text_tables(tmp_path, text):
    points = load_points(write(tmp_path, text))
    assert points.dtype == np.float64
    assert np.array_equal(points, [[1, 2], [3, 4.5]])


@pytest.mark.parametrize("text", ["1\n2\n", "x\n1\n2\n", "petal length\n1\n2\n"])
def test_one_column_is_a_matrix(tmp_path, text):
    assert np.array_equal(load_points(write(tmp_path, text, "p.TXT")), [[1], [2]])


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 4).flatmap(
        lambda d: st.lists(
            st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=d, max_size=d), min_size=1, max_size=6
        )
    ),
    st.sampled_from([",", ";", "\t", " "]),
    st.booleans(),
)
def test_text_round_trip(tmp_path_factory, rows, separator, header):
    lines = [separator.join(f"name{j}" for j in range(len(rows[0])))] if header else []
    lines += [separator.join(map(repr, row)) for row in rows]
    path = write(tmp_path_factory.mktemp("points"), "\n".join(lines))
    assert np.array_equal(load_points(path), rows)


@pytest.mark.parametrize("delimiter", [" ", ","])
def test_what_savetxt_writes(tmp_path, delimiter):
    points = np.random.default_rng(0).standard_normal((5, 3))
    np.savetxt(tmp_path / "p.csv", points, delimiter=delimiter, header=delimiter.join("abc"))
    assert np.allclose(load_points(tmp_path / "p.csv"), points, rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "points.csv: the file is empty"),
        ("# nothing\n\n", "the file is empty"),
        ("x,y\n", "column names but no points"),
        ("1,2\n3\n", "line 2: 1 column, expected 2"),
        ("1,2\n\n3,4,5\n", "line 3: 3 columns, expected 2"),
        ("x,y,z\n1,2\n", "line 2: 2 columns, expected 3"),
        ("1,2\n3,four\n", "line 2, column 2: 'four' is not a number"),
        ("1,y\n3,4\n", "line 1, column 2: 'y' is not a number"),
        ("1,2\n,4\n", "line 2, column 1: empty, expected a number"),
        ("1,2\n3,nan\n", "line 2, column 2: nan is not a finite number"),
        ("x,y\n-inf,2\n", "line 2, column 1: -inf is not a finite number"),
        ("1,2\n3,1e999\n", "line 2, column 2: 1e999 is not a finite number"),
        ("1,5;2\n3;4\n", "line 1, column 1: '1,5' is not a number; write the decimal comma as a point"),
        ("1,5;2,5\n2;3\n", "line 1, column 1: '1,5' is not a number; write the decimal comma as a point"),
        ("1,2\n1_0,4\n", "line 2, column 1: '1_0' is not a number"),
        (b"1,2\n\xff\xfe,4\n", "not UTF-8 text"),
    ],
)
def test_bad_text_is_named(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        load_points(write(tmp_path, text))


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16, bool])
def test_npy(tmp_path, dtype):
    points = np.array([[0, 1], [1, 1], [0, 0]], dtype)
    np.save(tmp_path / "p.npy", points)
    loaded = load_points(str(tmp_path / "p.npy"))
    assert loaded.dtype == np.float64 and np.array_equal(loaded, points)
    np.save(tmp_path / "line.npy", points[:, 0])
    assert load_points(tmp_path / "line.npy").shape == (3, 1)


class Hostile:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was executed",))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 3, 4)), r"shape is \(2, 3, 4\), expected \(n, d\)"),
        (np.float64(1.0), r"shape is \(\)"),
        (np.zeros((0, 2)), "there are no points"),
        (np.zeros((2, 0)), "there are no points"),
        (np.array([["a"]]), "dtype is <U1, expected real numbers"),
        (np.array([[1j]]), "dtype is complex128"),
        (np.array([[0.0, 1], [2, np.inf]]), r"row 1, column 1 \(from 0\) is inf"),
        (np.array([Hostile()], dtype=object), "holds Python objects"),
    ],
)
def test_bad_npy_is_named(tmp_path, array, message):
    np.save(tmp_path / "p.npy", array, allow_pickle=True)
    with pytest.raises(ValueError, match=message):
        load_points(tmp_path / "p.npy")


def test_damaged_npy_is_named(tmp_path):
    np.save(tmp_path / "p.npy", np.zeros((100, 2)))
    whole = (tmp_path / "p.npy").read_bytes()
    for length in (0, 3):
        with pytest.raises(ValueError, match="not a NumPy array file"):
            load_points(write(tmp_path, whole[:length], "cut.npy"))
    for length in (6, 9, 60, 128, 200, len(whole) - 1):
        with pytest.raises(ValueError, match="cut short or damaged"):
            load_points(write(tmp_path, whole[:length], "cut.npy"))
    with open(tmp_path / "huge.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (10**14, 2)})
    with pytest.raises(ValueError, match="cut short or damaged"):
        load_points(tmp_path / "huge.npy")
    np.savez(tmp_path / "p.npz", a=np.zeros(2))
    with pytest.raises(ValueError, match=r"an \.npz archive"):
        load_points(write(tmp_path, (tmp_path / "p.npz").read_bytes(), "p.npy"))


def test_files_that_are_none(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.csv: no such file"):
        load_points(tmp_path / "missing.csv")
    with pytest.raises(ValueError, match=r"ends in '\.xlsx', expected \.npy, \.csv"):
        load_points(tmp_path / "table.xlsx")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ValueError, match="not a file"):
        load_points(tmp_path / "folder.csv")
