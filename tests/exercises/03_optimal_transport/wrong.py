"""Wrong answers that people give: (function, answer, the test that must fail first, a part of its hint)."""

import numpy as np


def corner_never_empties(a, b):
    return np.minimum.outer(a, b)


def corner_subtracts_from_bakeries_only(a, b):
    a, P = np.array(a), np.zeros((len(a), len(b)))
    for i in range(len(a)):
        for j in range(len(b)):
            P[i, j] = min(a[i], b[j])
            a[i] -= P[i, j]
    return P


def corner_ends_with_the_diagonal(a, b):
    a, b = np.array(a), np.array(b)
    P = np.zeros((len(a), len(b)))
    for i in range(min(P.shape)):
        P[i, i] = min(a[i], b[i])
        a[i] -= P[i, i]
        b[i] -= P[i, i]
    return P


def corner_ships_shares(a, b):
    return np.outer(a, b) / a.sum()


def corner_of_the_south_east(a, b):
    A, B = np.concatenate([[0], np.cumsum(a[::-1])]), np.concatenate([[0], np.cumsum(b)])
    return np.diff(np.diff(np.minimum(A[:, None], B), axis=0), axis=1)[::-1]


def potentials_with_a_minus(C, basis):
    u, v = np.full(len(C), np.nan), np.full(len(C[0]), np.nan)
    u[0] = 0
    for _ in basis:
        for i, j in basis:
            if np.isnan(v[j]):
                v[j] = C[i, j] + u[i]
            elif np.isnan(u[i]):
                u[i] = v[j] - C[i, j]
    return u, v


def potentials_in_one_pass(C, basis):
    u, v = {0: 0.0}, {}
    for i, j in basis:
        if i in u:
            v[j] = C[i, j] - u[i]
        elif j in v:
            u[i] = C[i, j] - v[j]
    return [u.get(i, 0.0) for i in range(len(C))], [v.get(j, 0.0) for j in range(len(C[0]))]


def potentials_take_zero_for_unknown(C, basis):
    u, v = np.zeros(len(C)), np.zeros(len(C[0]))
    for _ in basis:
        for i, j in basis:
            if v[j] == 0 and (i == 0 or u[i] != 0):
                v[j] = C[i, j] - u[i]
            elif u[i] == 0 and v[j] != 0 and i != 0:
                u[i] = C[i, j] - v[j]
    return u, v


def potentials_from_row_minima(C, basis):
    u = C.min(axis=1) - C[0].min()
    return u, (C - u[:, None]).min(axis=0)


def optimal_if_prices_exceed_costs(P, u, v, a, b, C):
    slack = u[:, None] + v - C
    plan = P.min() >= 0 and np.allclose(P.sum(1), a) and np.allclose(P.sum(0), b)
    return bool(plan and slack.min() >= -1e-9 and np.all(slack[P > 0] <= 1e-9))


def optimal_if_the_gap_is_zero(P, u, v, a, b, C):
    plan = P.min() >= 0 and np.allclose(P.sum(1), a) and np.allclose(P.sum(0), b)
    return bool(plan and abs(np.sum(P * C) - a @ u - b @ v) <= 1e-9)


def optimal_if_prices_fit_everywhere(P, u, v, a, b, C):
    plan = P.min() >= 0 and np.allclose(P.sum(1), a) and np.allclose(P.sum(0), b)
    return bool(plan and np.allclose(u[:, None] + v, C))


def optimal_without_slackness(P, u, v, a, b, C):
    plan = P.min() >= 0 and np.allclose(P.sum(1), a) and np.allclose(P.sum(0), b)
    return bool(plan and np.all(u[:, None] + v <= C + 1e-9))


def optimal_to_the_last_bit(P, u, v, a, b, C):
    slack = C - u[:, None] - v
    plan = P.min() >= 0 and np.allclose(P.sum(1), a) and np.allclose(P.sum(0), b)
    return bool(plan and slack.min() >= -1e-9 and np.all(slack[P > 0] == 0))


def optimal_without_sums(P, u, v, a, b, C):
    slack = C - u[:, None] - v
    return bool(P.min() >= 0 and slack.min() >= -1e-9 and np.all(abs(slack[P > 0]) <= 1e-9))


def optimal_with_row_sums_only(P, u, v, a, b, C):
    return optimal_without_sums(P, u, v, a, b, C) and bool(np.allclose(P.sum(1), a))


def optimal_with_negative_loaves(P, u, v, a, b, C):
    slack = C - u[:, None] - v
    plan = np.allclose(P.sum(1), a) and np.allclose(P.sum(0), b)
    return bool(plan and slack.min() >= -1e-9 and np.all(abs(slack[P != 0]) <= 1e-9))


def transform_with_a_plus(C, v):
    return np.min(C + v, axis=1)


def transform_takes_the_maximum(C, v):
    return np.max(C - v, axis=1)


def transform_over_bakeries(C, v):
    return np.min(C - v, axis=0)


def transform_to_one_number(C, v):
    return np.min(C - v)


def line_in_the_order_given(x, y, p):
    return np.mean(np.abs(x - y) ** p) ** (1 / p)


def line_sorts_one_side(x, y, p):
    return np.mean(np.abs(np.sort(x) - y) ** p) ** (1 / p)


def line_sums(x, y, p):
    return np.sum(np.abs(np.sort(x) - np.sort(y)) ** p) ** (1 / p)


def line_of_means(x, y, p):
    return np.abs(np.mean(x) - np.mean(y))


def line_pairs_nearest(x, y, p):
    return np.mean(np.min(np.abs(x[:, None] - y), axis=1) ** p) ** (1 / p)


def line_without_the_root(x, y, p):
    return np.mean(np.abs(np.sort(x) - np.sort(y)) ** p)


def line_with_the_root_inside(x, y, p):
    return np.mean((np.abs(np.sort(x) - np.sort(y)) ** p) ** (1 / p))


def weights_taken_for_places(x, y, a, b):
    return w1(a, b, x, y)


def weights_forgotten(x, y, a, b):
    return w1(x, y, np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y)))


def weights_without_widths(x, y, a, b):
    t = np.unique(np.concatenate([x, y]))
    return np.sum(np.abs((x <= t[:, None]) @ a - (y <= t[:, None]) @ b))


def weights_not_added_up(x, y, a, b):
    t = np.unique(np.concatenate([x, y]))
    return np.sum(np.abs((x == t[:, None]) @ a - (y == t[:, None]) @ b)[:-1] * np.diff(t))


def weights_with_signs(x, y, a, b):
    return np.abs(x @ a - y @ b)


def weights_left_behind(x, y, a, b):
    t = np.unique(np.concatenate([x, y]))
    F = (np.sort(x) <= t[:, None]) @ a
    G = (np.sort(y) <= t[:, None]) @ b
    return np.abs(F - G)[:-1] @ np.diff(t)


def weights_on_shared_places(x, y, a, b):
    t = np.sort(x)
    F, G = (x <= t[:, None]) @ a, (y <= t[:, None]) @ b
    return np.abs(F - G)[:-1] @ np.diff(t)


def w1(x, y, a, b):
    t = np.unique(np.concatenate([x, y]))
    return np.abs((x <= t[:, None]) @ a - (y <= t[:, None]) @ b)[:-1] @ np.diff(t)


def exchange_if_one_wins(C, plan):
    for i in range(len(plan)):
        for k in range(i + 1, len(plan)):
            if C[i, plan[k]] < C[i, plan[i]]:
                plan[i], plan[k] = plan[k], plan[i]
    return plan


def exchange_if_it_costs_more(C, plan):
    for i in range(len(plan)):
        for k in range(i):
            if C[i, plan[k]] + C[k, plan[i]] > C[i, plan[i]] + C[k, plan[k]]:
                plan[i], plan[k] = plan[k], plan[i]
    return plan


def exchange_towards_the_row_minimum(C, plan):
    return np.argmin(C, axis=1)


def exchange_in_one_round(C, plan):
    for i in range(len(plan)):
        for k in range(i):
            if C[i, plan[k]] + C[k, plan[i]] < C[i, plan[i]] + C[k, plan[k]]:
                plan[i], plan[k] = plan[k], plan[i]
    return plan


def exchange_neighbours_only(C, plan):
    for _ in range(len(plan) ** 2):
        for i in range(len(plan) - 1):
            k = i + 1
            if C[i, plan[k]] + C[k, plan[i]] < C[i, plan[i]] + C[k, plan[k]]:
                plan[i], plan[k] = plan[k], plan[i]
    return plan


SUMS, STAIRCASE = "test_north_west_corner_sums", "test_north_west_corner_staircase"
IN_ORDER, ANY_ORDER = "test_potentials_staircase", "test_potentials_any_order"
PRICES, USED, PLAN = "test_is_optimal_prices", "test_is_optimal_used_routes", "test_is_optimal_plan"
LARGEST = "test_c_transform_largest"
P1, ROOT = "test_wp_on_a_line_p_is_1", "test_wp_on_a_line_root"
SAME, ANY = "test_w1_with_weights_same_places", "test_w1_with_weights_any_places"
DEARER, STUCK = "test_exchange_until_stuck_no_dearer", "test_exchange_until_stuck_stuck"

WRONG = [
    ("north_west_corner", corner_never_empties, SUMS, "subtract it from both"),
    ("north_west_corner", corner_subtracts_from_bakeries_only, SUMS, "no longer wanted by the café"),
    ("north_west_corner", corner_ends_with_the_diagonal, SUMS, "until both lists end"),
    ("north_west_corner", corner_ships_shares, STAIRCASE, "as much as the two allow"),
    ("north_west_corner", corner_of_the_south_east, STAIRCASE, "start at [0, 0]"),
    ("potentials", potentials_with_a_minus, IN_ORDER, "C[i, j] - u[i]"),
    ("potentials", potentials_from_row_minima, IN_ORDER, "each route of the tree"),
    ("potentials", potentials_in_one_pass, ANY_ORDER, "repeat until all prices are known"),
    ("potentials", potentials_take_zero_for_unknown, IN_ORDER, "0 is a price too"),
    ("is_optimal", optimal_if_prices_exceed_costs, PRICES, "not >="),
    ("is_optimal", optimal_if_the_gap_is_zero, PRICES, "used or not"),
    ("is_optimal", optimal_if_prices_fit_everywhere, PRICES, "<= C[i, j]"),
    ("is_optimal", optimal_without_slackness, USED, "pay the whole cost"),
    ("is_optimal", optimal_to_the_last_bit, USED, "up to rounding"),
    ("is_optimal", optimal_without_sums, PLAN, "rows that sum to a"),
    ("is_optimal", optimal_with_row_sums_only, PLAN, "columns that sum to b"),
    ("is_optimal", optimal_with_negative_loaves, PLAN, "no negative entry"),
    ("c_transform", transform_with_a_plus, LARGEST, "C[i, j] - v[j]"),
    ("c_transform", transform_takes_the_maximum, LARGEST, "the smallest of these"),
    ("c_transform", transform_over_bakeries, LARGEST, "one number for each bakery"),
    ("c_transform", transform_to_one_number, LARGEST, "one number for each bakery"),
    ("wp_on_a_line", line_in_the_order_given, P1, "sort x and sort y"),
    ("wp_on_a_line", line_sorts_one_side, P1, "both"),
    ("wp_on_a_line", line_sums, P1, "mass 1/n"),
    ("wp_on_a_line", line_of_means, P1, "absolute differences"),
    ("wp_on_a_line", line_pairs_nearest, P1, "keeps the order"),
    ("wp_on_a_line", line_without_the_root, ROOT, "the p-th root on the mean"),
    ("wp_on_a_line", line_with_the_root_inside, ROOT, "on the mean, once"),
    ("w1_with_weights", weights_taken_for_places, SAME, "x and y are places, a and b are weights"),
    ("w1_with_weights", weights_forgotten, SAME, "add up the weights"),
    ("w1_with_weights", weights_without_widths, SAME, "width of the gap"),
    ("w1_with_weights", weights_not_added_up, SAME, "add up the weights"),
    ("w1_with_weights", weights_with_signs, SAME, "|F - G| on each gap"),
    ("w1_with_weights", weights_left_behind, ANY, "travel with its own place"),
    ("w1_with_weights", weights_on_shared_places, ANY, "the places of both"),
    ("exchange_until_stuck", exchange_if_one_wins, DEARER, "TOGETHER"),
    ("exchange_until_stuck", exchange_if_it_costs_more, DEARER, "less than the two old ones"),
    ("exchange_until_stuck", exchange_towards_the_row_minimum, DEARER, "plan[i] is the café of bakery i"),
    ("exchange_until_stuck", exchange_in_one_round, STUCK, "until a whole round changes nothing"),
    ("exchange_until_stuck", exchange_neighbours_only, STUCK, "not only neighbours"),
]
