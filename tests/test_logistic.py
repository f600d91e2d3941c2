"""The fit of the logistic regression, beside those of known libraries."""

import numpy as np
import pytest

from analysis import logistic


def cases():
    """120 rows by formula, the same on every machine."""
    row = np.arange(120)
    matrix = np.column_stack(
        [np.sin(row), np.cos(1.7 * row) + 0.3 * np.sin(row), (row * 37) % 101 / 50 - 1]
    )
    chance = 1 / (1 + np.exp(-(0.4 + matrix @ [1.1, -0.8, 0.5])))
    return matrix, (row * 7919) % 997 / 997 < chance


# By penalty: intercept and coefficients of the cases above, from
# scikit-learn 1.9.1, LogisticRegression(C=1 / penalty, solver='newton-cholesky', tol=1e-14) and,
# for no penalty, statsmodels 0.15.0, Logit with a constant.
REFERENCE = {
    1e-9: [0.5466957901794249, 1.141199813977008, -0.6755244759195995, 0.6919227278399497],
    1: [0.5273066560674146, 1.0114586915845993, -0.5998206712580647, 0.6165960755508205],
    10: [0.4704696774267224, 0.5389763794555182, -0.3235959660766108, 0.33803838589205054],
}


@pytest.mark.parametrize('penalty', REFERENCE)
def test_like_the_known_libraries(penalty):
    result = logistic.fit(*cases(), penalty)
    assert [result.intercept, *result.coefficients] == pytest.approx(REFERENCE[penalty], abs=1e-7)


@pytest.mark.parametrize('penalty', [0.01, 1, 100])
def test_like_scikit_learn_where_it_is_installed(penalty):
    linear_model = pytest.importorskip('sklearn.linear_model')
    matrix, outcome = cases()
    known = linear_model.LogisticRegression(C=1 / penalty, solver='newton-cholesky', tol=1e-12)
    known.fit(matrix, outcome)
    result = logistic.fit(matrix, outcome, penalty)
    assert result.coefficients == pytest.approx(known.coef_[0], abs=1e-6)
    assert result.intercept == pytest.approx(known.intercept_[0], abs=1e-6)


def gradient(matrix, outcome, penalty, result):
    """Of the loss at a fit: zero at the minimum and nowhere else, as the loss is convex."""
    missed = logistic.probability(result.intercept + matrix @ result.coefficients) - outcome
    return [missed.sum(), *(matrix.T @ missed + penalty * result.coefficients)]


@pytest.mark.parametrize('penalty', [1e-3, 1, 1e3])
def test_is_the_minimum(penalty):
    matrix, outcome = cases()
    result = logistic.fit(matrix, outcome, penalty)
    assert gradient(matrix, outcome, penalty, result) == pytest.approx([0] * 4, abs=1e-8)


@pytest.mark.parametrize('penalty', [1e-6, 1])
def test_perfectly_separated_outcomes_have_a_finite_fit(penalty):
    matrix = np.linspace(-1, 1, 50)[:, None]
    outcome = matrix[:, 0] > 0.1
    result = logistic.fit(matrix, outcome, penalty)
    assert 0 < result.coefficients[0] < 1e4
    assert gradient(matrix, outcome, penalty, result) == pytest.approx([0, 0], abs=1e-6)
    fitted = logistic.probability(result.intercept + matrix @ result.coefficients)
    assert fitted[outcome].min() > fitted[~outcome].max()


def test_a_step_too_far_is_shortened():
    """With full steps this fit has no end."""
    matrix = np.array([0.2, -5.6, 34.3, -1.5, -0.7, 0.4, 0.7, -0.8, 2.1, 26.3, -16.2, -13.4])[
        :, None
    ]
    outcome = matrix[:, 0] == 34.3
    result = logistic.fit(matrix, outcome, 0.01)
    assert gradient(matrix, outcome, 0.01, result) == pytest.approx([0, 0], abs=1e-6)


def test_a_repeated_column_shares_the_coefficient():
    matrix, outcome = cases()
    result = logistic.fit(np.column_stack([matrix, matrix[:, 0]]), outcome)
    assert result.coefficients[0] == pytest.approx(result.coefficients[3], abs=1e-9)
    assert result.coefficients[0] > 0


def test_a_constant_column_has_no_effect():
    matrix, outcome = cases()
    result = logistic.fit(np.column_stack([matrix, np.zeros(len(matrix))]), outcome)
    assert result.coefficients[3] == 0
    assert result.coefficients[:3] == pytest.approx(REFERENCE[1][1:], abs=1e-7)


class TestSigns:
    def test_right_signs_change_nothing(self):
        matrix, outcome = cases()
        free = logistic.fit(matrix, outcome)
        signed = logistic.fit_signed(matrix, outcome, [1, -1, 0])
        assert signed.coefficients == pytest.approx(free.coefficients)
        assert signed.intercept == pytest.approx(free.intercept)

    def test_what_contradicts_is_left_out(self):
        matrix, outcome = cases()
        signed = logistic.fit_signed(matrix, outcome, [1, 1, 1])
        rest = logistic.fit(matrix[:, [0, 2]], outcome)
        assert signed.coefficients.tolist() == [rest.coefficients[0], 0, rest.coefficients[1]]
        assert signed.intercept == rest.intercept

    def test_the_strongest_contradiction_goes_first(self):
        """A column that is wrong only because of another one stays."""
        noise = np.sin(7 * np.arange(400))
        truth = np.cos(1.3 * np.arange(400))
        matrix = np.column_stack([2 * truth + noise, truth + noise])
        outcome = truth > 0.3 * np.sin(3.1 * np.arange(400))
        free = logistic.fit(matrix, outcome)
        assert free.coefficients[0] > 0 > free.coefficients[1]
        signed = logistic.fit_signed(matrix, outcome, [1, 1])
        assert signed.coefficients[0] > 0
        assert signed.coefficients[1] == 0
        assert logistic.fit_signed(matrix, outcome, [-1, -1]).coefficients.tolist() == [0, 0]

    def test_nothing_left_is_the_share(self):
        matrix, outcome = cases()
        result = logistic.fit_signed(matrix[:, :1], outcome, [-1])
        assert result.coefficients.tolist() == [0]
        assert logistic.probability(result.intercept) == pytest.approx(outcome.mean())


@pytest.mark.parametrize(
    ('matrix', 'outcome', 'penalty', 'message'),
    [
        ([[1], [2]], [True, True], 1, "Both outcomes"),
        ([[1], [2]], [False, False], 1, "Both outcomes"),
        ([[1], [2]], [False, True], 0, "above 0"),
        ([[1], [2]], [False, True], np.nan, "above 0"),
        ([[1], [np.nan]], [False, True], 1, "finite"),
        ([[1], [np.inf]], [False, True], 1, "finite"),
    ],
)
def test_refuses(matrix, outcome, penalty, message):
    with pytest.raises(ValueError, match=message):
        logistic.fit(np.array(matrix, dtype='float64'), outcome, penalty)


def test_probability_does_not_overflow():
    with np.errstate(all='raise', under='ignore'):
        assert logistic.probability([-1e4, 0, 1e4]).tolist() == [0, 0.5, 1]
