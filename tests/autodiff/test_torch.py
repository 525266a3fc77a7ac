"""torch as an oracle, where it is installed: the same functions, first and second order, in double precision."""

import numpy as np
import pytest

import minigen as mg

torch = pytest.importorskip("torch", reason="torch is not installed: pip install minigen[peers]")
F = torch.nn.functional

PAIRS = {
    "softplus": (mg.softplus, F.softplus, (3, 4)),
    "sigmoid": (mg.sigmoid, torch.sigmoid, (3, 4)),
    "log_sigmoid": (mg.log_sigmoid, F.logsigmoid, (3, 4)),
    "softmax": (mg.softmax, lambda x: F.softmax(x, -1), (3, 4)),
    "log_softmax": (lambda x: mg.log_softmax(x, axis=0), lambda x: F.log_softmax(x, 0), (3, 4)),
    "logsumexp": (lambda x: mg.logsumexp(x, axis=1), lambda x: torch.logsumexp(x, 1), (3, 4)),
    "std": (lambda x: np.std(x, axis=1, ddof=1), lambda x: torch.std(x, 1), (3, 4)),
    "var": (lambda x: np.var(x, axis=(0, 1)), lambda x: torch.var(x, (0, 1), correction=0), (3, 4)),
    "norm": (lambda x: np.linalg.norm(x, axis=1), lambda x: torch.linalg.norm(x, dim=1), (3, 4)),
    "norm of order 3": (lambda x: np.linalg.norm(x, 3, axis=1), lambda x: torch.linalg.norm(x, 3, dim=1), (3, 4)),
    "prod": (lambda x: np.prod(x, axis=0), lambda x: torch.prod(x, 0), (3, 4)),
    "cumsum": (lambda x: np.cumsum(x * x, axis=1), lambda x: torch.cumsum(x * x, 1), (3, 4)),
    "sort": (lambda x: np.sort(x * x, axis=1), lambda x: torch.sort(x * x, 1).values, (3, 4)),
    "layer norm": (
        lambda x: (x - np.mean(x, axis=-1, keepdims=True)) / np.sqrt(np.var(x, axis=-1, keepdims=True) + 1e-5),
        lambda x: F.layer_norm(x, (4,)), (3, 4)),
    "matmul": (lambda x: x @ np.swapaxes(x, -1, -2), lambda x: x @ x.mT, (2, 3, 4)),
    "einsum": (lambda x: np.einsum("bij,bik->jk", x, x), lambda x: torch.einsum("bij,bik->jk", x, x), (2, 3, 4)),
    "tensordot": (
        lambda x: np.tensordot(x, x, axes=([0, 2], [0, 2])),
        lambda x: torch.tensordot(x, x, ([0, 2], [0, 2])), (2, 3, 4)),
    "inv": (lambda x: np.linalg.inv(x + 4 * np.eye(3)), lambda x: torch.linalg.inv(x + 4 * torch.eye(3)), (2, 3, 3)),
    "det": (np.linalg.det, torch.linalg.det, (2, 3, 3)),
    "slogdet": (lambda x: np.linalg.slogdet(x)[1], lambda x: torch.linalg.slogdet(x)[1], (2, 3, 3)),
    "cholesky": (
        lambda x: np.linalg.cholesky(x @ np.swapaxes(x, -1, -2) + np.eye(3)),
        lambda x: torch.linalg.cholesky(x @ x.mT + torch.eye(3)), (2, 3, 3)),
    "solve": (
        lambda x: np.linalg.solve(x + 4 * np.eye(3), x),
        lambda x: torch.linalg.solve(x + 4 * torch.eye(3), x), (2, 3, 3)),
    "trace": (lambda x: np.trace(x @ x), lambda x: torch.trace(x @ x), (3, 3)),
    "diagonal": (lambda x: np.diagonal(x * x, 1), lambda x: torch.diagonal(x * x, 1), (3, 4)),
    "power": (lambda x: np.abs(x) ** 2.5, lambda x: torch.abs(x) ** 2.5, (3, 4)),
    "logaddexp": (lambda x: np.logaddexp(x, x * x), lambda x: torch.logaddexp(x, x * x), (3, 4)),
    "gather": (
        lambda x: np.take_along_axis(x * x, np.array([[0, 0], [1, 2], [3, 3]]), 1),
        lambda x: torch.gather(x * x, 1, torch.tensor([[0, 0], [1, 2], [3, 3]])), (3, 4)),
    "roll and flip": (
        lambda x: np.flip(np.roll(x, 1, 1), 0) * x, lambda x: torch.flip(torch.roll(x, 1, 1), (0,)) * x, (3, 4)),
}  # fmt: skip


@pytest.fixture(autouse=True)
def double_precision():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.mark.parametrize("name", PAIRS)
def test_first_and_second_order(name):
    ours, theirs, shape = PAIRS[name]
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape)
    u = rng.standard_normal(ours(x).shape)
    v = rng.standard_normal(shape)

    t = torch.tensor(x, requires_grad=True)
    y = theirs(t)
    (g,) = torch.autograd.grad(torch.sum(y * torch.tensor(u)), t, create_graph=True)
    h = torch.zeros(shape)
    if g.requires_grad:
        (h,) = torch.autograd.grad(torch.sum(g * torch.tensor(v)), t, allow_unused=True, materialize_grads=True)

    def f(x):
        return np.sum(ours(x) * u)

    np.testing.assert_allclose(ours(x), y.detach().numpy(), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(mg.grad(f)(x), g.detach().numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(mg.hvp(f, x, v), h.numpy(), rtol=1e-9, atol=1e-11)


def test_a_gradient_penalty_in_the_weights():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((6, 2))
    arrays = [rng.standard_normal(s) for s in [(2, 7), (7,), (7, 7), (7,), (7, 1)]]

    def ours(x, w1, b1, w2, b2, w3):
        def critic(x):
            return np.sum(np.tanh(mg.softplus(x @ w1 + b1) @ w2 + b2) @ w3)

        return np.mean((np.linalg.norm(mg.grad(critic)(x), axis=1) - 1) ** 2)

    tensors = [torch.tensor(a, requires_grad=True) for a in (x, *arrays)]
    tx, w1, b1, w2, b2, w3 = tensors
    total = torch.sum(torch.tanh(F.softplus(tx @ w1 + b1) @ w2 + b2) @ w3)
    (g,) = torch.autograd.grad(total, tx, create_graph=True)
    penalty = torch.mean((torch.linalg.norm(g, dim=1) - 1) ** 2)
    penalty.backward()

    value, gradients = mg.value_and_grad(ours, argnums=tuple(range(6)))(x, *arrays)
    assert value == pytest.approx(penalty.item(), rel=1e-12)
    for mine, t in zip(gradients, tensors, strict=True):
        np.testing.assert_allclose(mine, t.grad.numpy(), rtol=1e-9, atol=1e-12)
    leaves = [mg.Tensor(a, requires_grad=True) for a in arrays]
    ours(x, *leaves).backward()
    for leaf, t in zip(leaves, tensors[1:], strict=True):
        np.testing.assert_allclose(leaf.grad, t.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("at", [0.0, 1.0, -1.0])
def test_the_same_conventions_at_kinks_as_torch(at):
    """abs, relu, maximum, clip: where torch states a choice, ours is the same one."""
    pairs = [
        (np.abs, torch.abs),
        (mg.relu, torch.relu),
        (lambda x: np.clip(x, -1, 1), lambda x: torch.clamp(x, -1, 1)),
        (lambda x: np.maximum(x, -x), lambda x: torch.maximum(x, -x)),
        (lambda x: np.max(np.stack([x, x, -x])), lambda x: torch.amax(torch.stack([x, x, -x]))),
    ]
    for ours, theirs in pairs:
        t = torch.tensor(at, requires_grad=True)
        theirs(t).backward()
        assert mg.grad(ours)(at) == t.grad.item()
