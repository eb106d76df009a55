package stats

import (
	"fmt"
	"math"
	"slices"
)

// ChunkRatio returns the median over neighbours of log(num[i]/den[i]), where num[i] and den[i] were measured one right
// after the other, so that what disturbs one disturbs both. Pairs with a value that is not finite and positive are left
// out; used counts the others. Swapping the two series changes nothing but the sign. It returns ErrUnpaired, or
// ErrEmpty if no pair is left.
//
// The chunks of one process pair share its memory layout and its neighbours. They are not replications: one ChunkRatio
// per process pair is one value for SignedRank and HodgesLehmann.
func ChunkRatio(num, den []float64) (log float64, used int, err error) {
	if len(num) != len(den) {
		return 0, 0, fmt.Errorf("%w: %d and %d", ErrUnpaired, len(num), len(den))
	}
	logs := make([]float64, 0, len(num))
	for i := range num {
		if usable(num[i]) && usable(den[i]) {
			logs = append(logs, math.Log(num[i])-math.Log(den[i]))
		}
	}
	if len(logs) == 0 {
		return 0, 0, fmt.Errorf("%w: %d pairs, none finite and positive", ErrEmpty, len(num))
	}
	slices.Sort(logs)
	return middle(logs), len(logs), nil
}

// usable says whether v has a logarithm.
func usable(v float64) bool { return v > 0 && !math.IsInf(v, 1) }
