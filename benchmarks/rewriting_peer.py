"""A plain Python rewriter with NetworkX, in a process of its own: see `benchmarks.peers` for what it reads and answers."""

import json
import random
import sys
import time


def main() -> None:
    """Answer whether NetworkX is here, then rewrite once per line."""
    job = json.loads(sys.stdin.readline())
    begin = time.perf_counter()
    try:
        import networkx
    except ImportError as error:
        print(json.dumps({"absent": f"{error.name} is not installed"}), flush=True)
        return
    print(json.dumps({"ready": time.perf_counter() - begin}), flush=True)
    for turn, _ in enumerate(sys.stdin):
        begin = time.perf_counter()
        causes = rewrite(networkx, job["events"], turn)
        print(json.dumps({"seconds": time.perf_counter() - begin, "causes": causes}), flush=True)


def rewrite(networkx, events: int, seed: int) -> int:
    """The rule by hand: edges by their first node, a pool of pairs that share it, and the causal graph."""
    draw = random.Random(seed)
    edges = {0: (0, 0), 1: (0, 0)}
    by_first = {0: {0, 1}}
    creator: dict[int, int] = {}
    pool, place, of_edge = [], {}, {0: set(), 1: set()}
    causes = networkx.DiGraph()
    next_edge, next_node = 2, 1

    def enter(match: tuple[int, int]) -> None:
        place[match] = len(pool)
        pool.append(match)
        of_edge[match[0]].add(match)
        of_edge[match[1]].add(match)

    def drop(match: tuple[int, int]) -> None:
        at, last = place.pop(match), pool.pop()
        if last != match:
            pool[at] = last
            place[last] = at
        for edge in match:
            if edge in of_edge:
                of_edge[edge].discard(match)

    enter((0, 1))
    enter((1, 0))
    for event in range(events):
        first, second = pool[draw.randrange(len(pool))]
        (x, y), (_, z) = edges[first], edges[second]
        causes.add_node(event)
        for edge in (first, second):
            if edge in creator:
                causes.add_edge(creator[edge], event)
            by_first[x].discard(edge)
            del edges[edge]
            for match in list(of_edge.pop(edge)):
                drop(match)
        w, next_node = next_node, next_node + 1
        for pair in ((x, z), (x, w), (y, w), (z, w)):
            edge, next_edge = next_edge, next_edge + 1
            edges[edge], creator[edge], of_edge[edge] = pair, event, set()
            siblings = by_first.setdefault(pair[0], set())
            for other in siblings:
                enter((edge, other))
                enter((other, edge))
            siblings.add(edge)
    return len(causes.edges)


if __name__ == "__main__":
    main()
