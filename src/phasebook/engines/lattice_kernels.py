"""Compiled random sequential updates of lattices: over a list of particles, or over all sites.

Both draw a focal site, a random neighbor and a channel of the focal state by its rate, and look up what becomes of the two.
Over the list, the waiting time of n particles with attempt rate r is exponential with mean 1/(n r), exactly as in Gillespie's
method with rejection (uniformization); over all N sites that rate never changes, so that the number of attempts in an interval
is a Poisson number and no attempt needs a time of its own. Sites are counted with the last axis fastest; every axis is
periodic.

A cell of the list kernel holds its state (5 bits) and its particle's place in the list (26 bits): one memory access tells both. Its
random words are drawn some attempts ahead, only so that the memory they will need is asked for in time; nothing is decided early.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from ..numerics.xoshiro import exponential, random_word, uniform

PLACE_BITS = 26
PLACE_MASK = (1 << PLACE_BITS) - 1
CHECK_EVERY = 1 << 16
AHEAD = 16  # attempts whose words are drawn in advance: a power of two
# 38 random bits choose among at most 2**26 sites (unequal by at most 2**-12 of a site's chance), the other 26 a direction.
_SITE_BITS = np.uint64(38)
_SITE_SHIFT = np.uint64(26)
_LOW = np.uint64(0x3FFFFFF)
_HALF = np.uint64(32)
_CERTAIN = np.uint64(1 << 32)


def _typed_prefetch(typing_context: Any, array: Any, place: Any) -> Any:
    """Ask for the memory of an array's element; has no other effect."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer = builder.bitcast(builder.gep(view.data, [arguments[1]]), cgutils.voidptr_t)
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, number(1), number(3), number(1)])  # to write, keep near, data
        return context.get_dummy_value()

    return types.void(array, types.int64), code


_prefetch: Any = intrinsic(_typed_prefetch)


@njit(cache=True, nogil=True, inline="always")
def _index(word, count):  # type: ignore[no-untyped-def]
    return np.int64(((word >> _SITE_SHIFT) * np.uint64(count)) >> _SITE_BITS)


@njit(cache=True, nogil=True, inline="always")
def _neighbor(site, word, strides, blocks):  # type: ignore[no-untyped-def]
    """A random nearest neighbor: `strides` are the axes' steps, `blocks` stride times extent, last axis first."""
    direction = np.int64(((word & _LOW) * np.uint64(2 * strides.size)) >> _SITE_SHIFT)
    axis = direction >> 1
    block = np.int64(blocks[axis])
    # No branch on the direction, which no processor could predict.
    step = np.int64(strides[axis]) * (2 * (direction & 1) - 1)
    within = np.int64(np.uint32(site) % blocks[axis]) + step
    if within < 0:
        return site + step + block
    if within >= block:
        return site + step - block
    return site + step


@njit(cache=True, nogil=True, inline="always")
def _channel(state, limits, random):  # type: ignore[no-untyped-def]
    """The channel of a focal state: how many limits a random number reaches, counted without a branch."""
    pick = random_word(random) >> _HALF
    channel = 0
    for place in range(limits.shape[1]):
        channel += pick >= limits[state, place]
    return channel


@njit(cache=True, nogil=True)
def advance_list(
    cells: NDArray[np.int32],
    places: NDArray[np.int32],
    numbers: NDArray[np.int64],
    clock: NDArray[np.float64],
    until: float,
    limits: NDArray[np.uint64],
    new_focal: NDArray[np.uint8],
    new_neighbor: NDArray[np.uint8],
    chance: NDArray[np.float64],
    certain: bool,
    attempt_rate: float,
    strides: NDArray[np.uint32],
    blocks: NDArray[np.uint32],
    random: NDArray[np.uint64],
    cancel: NDArray[np.int64],
) -> int:
    """Advance to the time `until`; `numbers[0]` particles stand at `places`. Returns the number of attempts, -1 if cancelled."""
    now, count, attempts = clock[0], numbers[0], 0
    words = np.empty(AHEAD, np.uint64)
    for slot in range(AHEAD):
        words[slot] = random_word(random)
    while count > 0:
        now += exponential(random) / (attempt_rate * count)
        if now > until:
            break
        attempts += 1
        if attempts % CHECK_EVERY == 0 and cancel[0] != 0:
            numbers[0] = count
            return -1
        slot = attempts & (AHEAD - 1)
        word = words[slot]
        words[slot] = random_word(random)
        _prefetch(places, _index(words[slot], count))
        _prefetch(cells, np.int64(places[_index(words[(slot + AHEAD // 2) & (AHEAD - 1)], count)]))
        place = _index(word, count)
        site = np.int64(places[place])
        state = cells[site] >> PLACE_BITS
        target = _neighbor(site, word, strides, blocks)
        other = cells[target] >> PLACE_BITS
        channel = 0 if limits[state, 0] == _CERTAIN else _channel(state, limits, random)
        after, after_other = np.int32(new_focal[state, channel, other]), np.int32(new_neighbor[state, channel, other])
        if after == state and after_other == other:
            continue
        if not certain and uniform(random) >= chance[state, channel, other]:
            continue
        if other == 0 and after == 0:
            # A move: the particle keeps its place in the list.
            places[place] = target
            cells[target] = (after_other << PLACE_BITS) | place
            cells[site] = 0
            continue
        count = _put(cells, places, count, site, after)
        count = _put(cells, places, count, target, after_other)
    numbers[0] = count
    clock[0] = until
    return attempts


@njit(cache=True, nogil=True)
def _put(cells, places, count, site, state):  # type: ignore[no-untyped-def]
    """Set a site's state and keep the list; returns the new number of particles."""
    cell = cells[site]
    place = cell & PLACE_MASK
    if cell >> PLACE_BITS == 0:
        if state == 0:
            return count
        places[count] = site
        cells[site] = (state << PLACE_BITS) | np.int32(count)
        return count + 1
    if state != 0:
        cells[site] = (state << PLACE_BITS) | place
        return count
    # The last particle takes the free place; where it is this one, its cell is emptied after all.
    last = places[count - 1]
    places[place] = last
    cells[last] = (cells[last] & ~np.int32(PLACE_MASK)) | place
    cells[site] = 0
    return count - 1


@njit(cache=True, nogil=True)
def advance_sites(
    states: NDArray[np.uint8],
    attempts: int,
    limits: NDArray[np.uint64],
    new_focal: NDArray[np.uint8],
    new_neighbor: NDArray[np.uint8],
    chance: NDArray[np.float64],
    certain: bool,
    strides: NDArray[np.uint32],
    blocks: NDArray[np.uint32],
    random: NDArray[np.uint64],
    cancel: NDArray[np.int64],
) -> int:
    """Make this many attempts, each at a random site. Returns their number, -1 if cancelled."""
    for attempt in range(attempts):
        if attempt % CHECK_EVERY == 0 and cancel[0] != 0:
            return -1
        word = random_word(random)
        site = _index(word, states.size)
        state = np.int64(states[site])
        channel = _channel(state, limits, random)
        target = _neighbor(site, word, strides, blocks)
        other = np.int64(states[target])
        if not certain and uniform(random) >= chance[state, channel, other]:
            continue
        # Both are written always: whether anything changes is no branch that a processor could predict.
        states[target] = new_neighbor[state, channel, other]
        states[site] = new_focal[state, channel, other]
    return attempts
