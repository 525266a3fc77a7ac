"""Arrays changed under the engine's feet, threads, the recording switch, copies: state is local, misuse is an error."""

import copy
import pickle
import threading

import numpy as np
import pytest

import minigen as mg


def leaf(*shape, seed=0):
    return mg.Tensor(np.random.default_rng(seed).standard_normal(shape), requires_grad=True)


# An array that the gradient needs was changed

LARGE = (60, 41)


def write(a):
    a[0] = 7.0


def write_one_deep_inside(a):
    a.flat[a.size // 2 + 1] += 1e-12


def add_in_place(a):
    a += 1


def permute(a):
    a[...] = a[::-1].copy()


def turn_to_nan(a):
    a[-1] = np.nan


CHANGES = [write, write_one_deep_inside, add_in_place, permute, turn_to_nan]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(3,), (600,), (1101,), LARGE])
def test_a_constant_changed_after_its_use_is_an_error(change, dtype, shape):
    constant = np.random.default_rng(1).standard_normal(shape).astype(dtype)
    x = mg.Tensor(np.ones(shape, dtype), requires_grad=True)
    y = np.sum(x * constant)
    change(constant) if dtype == np.float64 or change is not write_one_deep_inside else constant.__setitem__(1, 9)
    with pytest.raises(RuntimeError, match=r"was changed after np\.multiply"):
        y.backward()
    assert x.grad is None


@pytest.mark.parametrize("change", CHANGES)
def test_a_leaf_changed_between_forward_and_backward_is_an_error(change):
    x = leaf(*LARGE)
    y = np.sum(x * x)
    change(x.data)
    with pytest.raises(RuntimeError, match="was changed"):
        y.backward()


@pytest.mark.parametrize("n", [300, 1101, 2000])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_any_one_changed_entry_shows(n, dtype):
    """Also one whose bytes are the same ones in another order."""
    constant = np.ones(n, dtype)
    x = mg.Tensor(np.ones(n, dtype), requires_grad=True)
    y = np.sum(x * constant)
    place = constant[n // 2 + 3 : n // 2 + 4].view(np.uint8)
    place[:] = np.roll(place, 1)
    with pytest.raises(RuntimeError, match="was changed"):
        y.backward()


def test_an_optimiser_step_between_forward_and_backward_is_an_error():
    parameters = np.ones(5)
    w = mg.Tensor(parameters[1:3], requires_grad=True)  # a view, as parameters of models are
    loss = np.sum(w**3)
    parameters -= 0.1
    with pytest.raises(RuntimeError, match="was changed"):
        loss.backward()
    np.sum(w**3).backward()
    np.testing.assert_allclose(w.grad, 3 * 0.9**2)


def test_a_view_of_a_leaf_is_protected_too():
    x = leaf(4)
    loss = np.sum(x[:2] * x[2:])
    x.data[3] = 5.0
    with pytest.raises(RuntimeError, match="was changed"):
        loss.backward()


def test_changing_what_the_gradient_does_not_need_is_allowed_after_it_was_taken():
    x = leaf(3)
    loss = np.sum(x * x)
    loss.backward()
    x.data -= 0.1 * x.grad
    with pytest.raises(RuntimeError, match="was changed"):
        loss.backward()


def test_indices_are_kept_as_they_were():
    x, index, mask, rows = leaf(4), np.array([0, 1]), np.array([True, False, True, False]), [0, 3]
    parts = [x[index], x[mask], x[rows], np.take(x, index)]
    index[:], mask[:], rows[:] = 3, True, [1, 1]
    for part in parts:
        np.sum(part).backward()
    np.testing.assert_array_equal(x.grad, [4, 2, 1, 1])


def test_a_mask_of_where_is_protected():
    x, mask = leaf(3), np.array([True, False, True])
    y = np.sum(np.where(mask, x, 0))
    mask[:] = True
    with pytest.raises(RuntimeError, match="was changed"):
        y.backward()


# Threads


def test_threads_that_share_leaves_sum_exactly():
    """Whole numbers add without rounding, so the order of threads cannot matter: the sum is exact or wrong."""
    w = mg.Tensor(np.arange(6.0), requires_grad=True)
    errors = []

    def work(k):
        try:
            for _ in range(50):
                np.sum(w * w * float(k)).backward()
        except Exception as e:  # a thread's error would go unseen
            errors.append(e)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors
    np.testing.assert_array_equal(w.grad, 2 * np.arange(6.0) * 50 * sum(range(8)))


def test_no_grad_in_one_thread_is_not_no_grad_in_another():
    inside, leave, seen = threading.Event(), threading.Event(), []

    def other():
        with mg.no_grad():
            inside.set()
            leave.wait(10)
            seen.append((leaf(2) * 2).requires_grad)

    with mg.no_grad():
        thread = threading.Thread(target=lambda: seen.append((leaf(2) * 2).requires_grad))
        thread.start()
        thread.join()
    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(10)
    here = (leaf(2) * 2).requires_grad
    leave.set()
    thread.join()
    assert here and seen == [True, False]


# The recording switch


def test_no_grad_nests_and_comes_back_after_an_error():
    x = leaf(2)
    with mg.no_grad():
        with mg.no_grad():
            assert not (x * 2).requires_grad
        assert not (x * 2).requires_grad
        with pytest.raises(ZeroDivisionError), mg.no_grad():
            raise ZeroDivisionError
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_no_grad_is_a_decorator():
    @mg.no_grad()
    def double(x):
        return x * 2

    x = leaf(2)
    assert not double(x).requires_grad and not double(x).requires_grad and (x * 2).requires_grad


def test_no_grad_in_a_generator_ends_with_it():
    x = leaf(2)

    def values():
        with mg.no_grad():
            yield x * 2

    assert [v.requires_grad for v in values()] == [False]
    assert (x * 2).requires_grad


def test_gradients_inside_no_grad_are_plain_numbers():
    """grad records for itself: no_grad says that its result is not differentiated further."""
    w = leaf(3)
    with mg.no_grad():
        g = mg.grad(lambda x: np.sum(x * x * w))(np.ones(3))
        assert type(g) is np.ndarray
        np.testing.assert_array_equal(g, 2 * w.data)
        assert mg.grad(mg.grad(lambda x: x**3))(2.0) == 12


def test_detach_cuts_and_shares():
    x = leaf(3)
    d = (2 * x).detach()
    assert not d.requires_grad and d.is_leaf
    np.sum(d * x).backward()
    np.testing.assert_array_equal(x.grad, d.data)
    assert np.shares_memory(x.detach().data, x.data)


# Copies


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_a_copy_is_a_leaf_with_the_same_numbers(again):
    x = leaf(3)
    np.sum(x * x).backward()
    for t in (x, x * 2, mg.Tensor(np.arange(3))):
        c = again(t)
        assert type(c) is mg.Tensor and c.is_leaf and c.requires_grad == t.requires_grad and c.grad is None
        assert c.serial != t.serial and c.dtype == t.dtype
        np.testing.assert_array_equal(c.data, t.data)
        assert np.shares_memory(c.data, t.data) == (again is copy.copy)


def test_a_copy_trains_on_its_own():
    x = leaf(3)
    c = copy.deepcopy({"w": [x, x]})["w"]
    assert c[0] is c[1]
    np.sum(c[0] * c[1]).backward()
    assert x.grad is None
    np.testing.assert_array_equal(c[0].grad, 2 * x.data)
