package turns

import (
	"math"
	"math/rand/v2"
)

// Uniform draws each of list alike, each worker from a stream of its own.
func Uniform(list []uint32, seed uint64) func(w int, keys []uint32) {
	streams := streams(seed)
	return func(w int, keys []uint32) {
		rng := streams[w]
		for i := range keys {
			keys[i] = list[rng.Uint32N(uint32(len(list)))]
		}
	}
}

// Zipf draws the i-th of list, counted from 1, with probability proportional to i^-theta, 0 < theta < 1, as YCSB does. The
// popular ones should be anywhere in list.
//
// Source: J. Gray et al., Quickly generating billion-record synthetic databases, SIGMOD 1994, section 3. It approximates
// the sum of the less popular ones by an integral; math/rand/v2's Zipf takes exponents above 1 only.
func Zipf(list []uint32, theta float64, seed uint64) func(w int, keys []uint32) {
	n := float64(len(list))
	zeta := 0.0
	for i := range list {
		zeta += math.Pow(float64(i+1), -theta)
	}
	zeta2 := 1 + math.Pow(2, -theta)
	alpha := 1 / (1 - theta)
	eta := (1 - math.Pow(2/n, 1-theta)) / (1 - zeta2/zeta)
	streams := streams(seed)
	return func(w int, keys []uint32) {
		rng := streams[w]
		for i := range keys {
			u := rng.Float64()
			rank := 0
			switch uz := u * zeta; {
			case uz < 1:
			case uz < zeta2:
				rank = 1
			default:
				rank = min(int(n*math.Pow(eta*u-eta+1, alpha)), len(list)-1)
			}
			keys[i] = list[rank]
		}
	}
}

// Walk hands out order from its beginning, over and over, whichever worker asks.
func Walk(order []uint32) func(w int, keys []uint32) {
	next := 0
	return func(_ int, keys []uint32) {
		for len(keys) > 0 {
			n := copy(keys, order[next:])
			keys, next = keys[n:], (next+n)%len(order)
		}
	}
}

// streams gives each worker its generator.
func streams(seed uint64) (list [MaxWorkers]*rand.Rand) {
	for w := range list {
		list[w] = rand.New(rand.NewPCG(seed, uint64(w)))
	}
	return list
}
