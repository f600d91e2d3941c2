"""How far objectives and key results are, how far they should be, and what that says of the plan.

Sources
-------
The sales playbook: about 70 % reached is already good; 30-40 % means that the planning was wrong
(resources not counted); 100 % is not required: an objective should inspire. So an aspirational
objective that is reached in full was aimed too low.

Below 40 % is a planning error because that is the upper end of the playbook's 30-40 %; whoever
reached less than 30 % planned no better. The scale of J. Doerr, "Measure What Matters", 2018, parts
at the same place: 0.4 to 0.6 is progress that fell short, 0.0 to 0.3 is none to speak of. The same
book tells committed objectives, of which 100 % is expected, from aspirational ones.

Notes
-----
Progress is a fraction: 0 at the baseline, 1 at the target. It is compared to a millionth: in
plain floats 8.7 on the way from 8 to 9 is a little less than 70 %.
"""

from itertools import accumulate, pairwise
from math import fsum, isclose, isfinite, isnan

__all__ = [
    'elapsed',
    'milestones_elapsed',
    'pace',
    'progress',
    'range_progress',
    'season',
    'total',
    'verdict',
]

KINDS = ('aspirational', 'committed')
GOOD = 0.7
ERROR = 0.4
TOO_LOW = 1.0
EARLY = 0.1
# A committed result that is on its way to more than this has a tenth of its effort to spare.
SPARE = 1.1
PACES = {
    'too_low': 'ahead',
    'good': 'on_track',
    'short': 'behind',
    'planning_error': 'off_track',
}

_DECIMALS = 6
# Far finer than any difference that is meant, far coarser than the noise of floats.
_NOISE = 1e-12


def progress(current, baseline, target, passed=1.0):
    """Share of the way from the baseline to the target that is done.

    Parameters
    ----------
    current, baseline, target : float
        In one unit. A target below the baseline is to be decreased to.
    passed : float
        Share of the period that has passed, for what adds up from zero over it, such as revenue:
        so much of the baseline would have come together by now without any progress, and counts
        for none. What is gained beside it by then is the progress; at the end it is the same as
        without. The default is right for what stands somewhere, such as a price.

    Returns
    -------
    float
        Fraction: 0 at the baseline, 1 at the target, negative where it went the wrong way, above 1
        beyond the target.

    Raises
    ------
    ValueError
        When the target equals the baseline but for the noise of floats, or a number is NaN or
        infinite, or what has passed is no fraction from 0 to 1.
    """
    _check_finite(current, baseline, target)
    if not 0 <= passed <= 1:
        raise ValueError(f"What has passed must be a fraction from 0 to 1, not {passed}.")
    if isclose(target, baseline, rel_tol=_NOISE):
        raise ValueError(f"The target must differ from the baseline, which is {baseline} too.")
    # Adding zero unsigns a zero, which a decreasing target would show as -0 %.
    return (current - baseline * passed) / (target - baseline) + 0.0


def range_progress(current, baseline, low, high):
    """How well a figure is kept within a range.

    Outside of the range it falls linearly with the distance from the nearest edge, on both sides
    alike: to 0 as far from the range as the baseline is; where the baseline is within the range, to
    0 one width of the range away.

    Parameters
    ----------
    current, baseline, low, high : float
        In one unit; the edges belong to the range.

    Returns
    -------
    float
        Fraction, at most 1, negative further away than 0 is.

    Raises
    ------
    ValueError
        When the range is not a range, or a number is NaN or infinite.
    """
    _check_finite(current, baseline, low, high)
    if not high > low:
        raise ValueError(f"The range must end above its beginning, not {low} to {high}.")
    width = high - low
    unit = _outside(baseline, low, high)
    if unit <= _NOISE * max(abs(low), abs(high)):
        unit = width
    return 1 - _outside(current, low, high) / unit


def total(parts):
    """Progress of what consists of parts, as their weighted mean.

    No part makes up for another: each counts for 0 at least and for 1 at most.

    Parameters
    ----------
    parts : iterable of (float, float)
        Progress and weight of each, the weight above 0.

    Returns
    -------
    float or None
        Fraction from 0 to 1, None where there are no parts.

    Raises
    ------
    ValueError
        When a progress is missing (None or NaN), or a weight is NaN, infinite or not above 0.
    """
    parts = list(parts)
    for done, weight in parts:
        # Bounds would make 100 % of NaN.
        if _is_missing(done):
            raise ValueError("A part has no progress.")
        _check_weight(weight)
    return _weighted((min(1.0, max(0.0, done)), weight) for done, weight in parts)


def elapsed(day, start, deadline, curve=None):
    """Share of the way that should be done at the end of a day.

    Parameters
    ----------
    day, start, deadline : datetime.date
        The first and the last day belong to the period, so one of a single day is over at its end.
    curve : sequence of float, optional
        Shares that should be done at the ends of equal parts of the period, as `season` returns
        them: from 0 on, never falling, the last one 1. Within a part they grow linearly. Without a
        curve every day takes the same share.

    Returns
    -------
    float
        Fraction: 0 before the start, 1 from the deadline on.

    Raises
    ------
    ValueError
        When the deadline is before the start, or the curve is no such curve.
    """
    if deadline < start:
        raise ValueError(f"The deadline {deadline} is before the start {start}.")
    points = [0.0, 1.0] if curve is None else [0.0, *curve]
    _check_curve(points)
    if day < start:
        return 0.0
    if day >= deadline:
        return 1.0
    days = (deadline - start).days + 1
    # In whole numbers, so that the end of a part is exactly its point.
    part, rest = divmod(((day - start).days + 1) * (len(points) - 1), days)
    return points[part] + (points[part + 1] - points[part]) * rest / days


def season(amounts):
    """How a past period came to its total, as a curve for `elapsed`.

    What is taken back was not achieved for good, so it lessens what stands before it: at the end of
    each day counts what no later day fell below. The share neither falls nor passes 1 that way.

    Parameters
    ----------
    amounts : iterable of float
        Of equal parts of the period, as of its days, in order; negative where more was taken back
        than achieved.

    Returns
    -------
    list of float or None
        As many cumulative shares, from 0 to 1, the last one 1. None where the total, rounded to a
        millionth, is not above 0: such a period says nothing of the next one.

    Raises
    ------
    ValueError
        When an amount is NaN or infinite.
    """
    sums = [round(amount, _DECIMALS) for amount in accumulate(amounts, initial=0.0)]
    reached = sums[-1]
    # NaN and infinity stay in every later sum.
    if not isfinite(reached):
        raise ValueError("The amounts of a season must be finite.")
    if reached <= 0:
        return None
    kept = list(accumulate(reversed(sums[1:]), min))
    return [max(0.0, amount) / reached for amount in reversed(kept)]


def milestones_elapsed(day, milestones, deadline):
    """Share of the milestones that should be reached at the end of a day.

    Parameters
    ----------
    day : datetime.date
    milestones : iterable of (datetime.date or None, float)
        Deadline and weight of each, the weight above 0.
    deadline : datetime.date
        The objective's, which is that of the milestones without one (None or False).

    Returns
    -------
    float or None
        Fraction from 0 to 1, by weight; None where there are no milestones.

    Raises
    ------
    ValueError
        When a weight is NaN, infinite or not above 0.
    """
    milestones = list(milestones)
    for _due, weight in milestones:
        _check_weight(weight)
    return _weighted((float((due or deadline) <= day), weight) for due, weight in milestones)


def verdict(progress, kind='aspirational', good=GOOD, error=ERROR, too_low=TOO_LOW):
    """What the progress that was reached in the end says of the plan.

    Parameters
    ----------
    progress : float or None
        Fraction.
    kind : str
        ``'aspirational'``, or ``'committed'``, which is good from 100 % on and never too low.
    good, error, too_low : float
        Fractions from which on it is good, no longer a planning error, and too low;
        0 < error < good <= too_low. A committed one reads ``error`` alone.

    Returns
    -------
    str or None
        The first that is reached of ``'too_low'`` (aimed too low), ``'good'`` and ``'short'``, else
        ``'planning_error'``; None where the progress is missing (None or NaN).

    Raises
    ------
    ValueError
        When the kind is unknown, or the thresholds are out of order.
    """
    _check_rules(kind, good, error, too_low)
    if _is_missing(progress):
        return None
    steps = [('too_low', too_low), ('good', good), ('short', error)]
    if kind == 'committed':
        steps = [('good', 1.0), ('short', error)]
    return next((word for word, least in steps if _reaches(progress, least)), 'planning_error')


def pace(
    progress,
    expected,
    kind='aspirational',
    early=EARLY,
    is_level=False,
    good=GOOD,
    error=ERROR,
    too_low=TOO_LOW,
):
    """What the present speed leads to.

    Parameters
    ----------
    progress : float or None
        Fraction that is done.
    expected : float or None
        Fraction from 0 to 1 that should be done by now, as of `elapsed`.
    kind, good, error, too_low
        As those of `verdict`.
    early : float
        Fraction from 0 to 1. Where less is expected it is too soon to tell, unless all is done and
        good, which is judged as it stands.
    is_level : bool
        Whether it is kept at a level rather than worked up to one, as within a range: there its
        progress is judged as it stands on any day, what is expected is not read, and all of it is
        on track, never ahead.

    Returns
    -------
    str or None
        - ``'early'``: too soon to tell
        - ``'ahead'``: toward a verdict of too low. A committed one is never too low; it is ahead
          toward more than 110 %, where some of the effort may be of more use elsewhere
        - ``'on_track'``: toward good
        - ``'behind'``: toward short
        - ``'off_track'``: toward a planning error

        None where the progress, or what is expected and read, is missing (None or NaN).

    Raises
    ------
    ValueError
        As `verdict`, and when ``early`` or ``expected`` is not a fraction from 0 to 1.
    """
    _check_rules(kind, good, error, too_low)
    if not 0 <= early <= 1:
        raise ValueError(f"What is early must be a fraction from 0 to 1, not {early}.")
    if _is_missing(progress) or (_is_missing(expected) and not is_level):
        return None
    projected = progress
    if not is_level:
        if not 0 <= expected <= 1:
            raise ValueError(f"What is expected must be a fraction from 0 to 1, not {expected}.")
        # Without a limit for it, too, nothing expected yet is too soon: there is no speed.
        if round(expected, _DECIMALS) > 0 and _reaches(expected, early):
            projected = progress / expected
        elif not _reaches(progress, 1.0 if kind == 'committed' else max(1.0, good)):
            return 'early'
    if kind == 'committed' and round(projected, _DECIMALS) > SPARE:
        return 'ahead'
    if is_level and _reaches(projected, 1.0):
        # What is kept as it should be is no sign of aiming too low.
        return 'on_track'
    return PACES[verdict(projected, kind, good, error, too_low)]


def _outside(number, low, high):
    return max(low - number, number - high, 0.0)


def _weighted(parts):
    parts = list(parts)
    if not parts:
        return None
    return fsum(share * weight for share, weight in parts) / fsum(
        weight for _share, weight in parts
    )


def _is_missing(number):
    return number is None or isnan(number)


def _reaches(number, least):
    return round(number, _DECIMALS) >= round(least, _DECIMALS)


def _check_finite(*numbers):
    for number in numbers:
        if not isfinite(number):
            raise ValueError(f"The numbers must be finite, not {number}.")


def _check_weight(weight):
    # Written so that NaN fails it, as those below.
    if not 0 < weight < float('inf'):
        raise ValueError(f"A weight must be above 0, not {weight}.")


def _check_curve(points):
    if not all(before <= after for before, after in pairwise(points)) or points[-1] != 1:
        raise ValueError("The shares of a season must never fall, from 0 on, and end with 1.")


def _check_rules(kind, good, error, too_low):
    if kind not in KINDS:
        raise ValueError(f"An objective is one of {', '.join(KINDS)}, not {kind}.")
    if not 0 < error < good <= too_low:
        raise ValueError(
            "The thresholds must satisfy 0 < error < good <= too_low, "
            f"not error {error}, good {good}, too_low {too_low}."
        )
