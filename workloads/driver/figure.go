package driver

import (
	"math"
	"slices"
)

// settle finds the round's figures of all cells of a group from their slices.
//
// Slices of one turn are neighbours in time and share what the machine did just
// then, so they are compared within the turn: each is divided by the turn's
// geometric mean, a policy's share is the median of that over the turns, and its
// figure is its share of the median turn. The ratio of two policies' figures is
// thereby a median of ratios of neighbours. With undisturbed slices this is the
// median over each policy's own slices.
//
// Note: the median over each policy's own slices was used at first. On a machine
// whose speed has two modes (here: whether the neighbour on the same core is
// busy) it jumps with the number of slices that happened to fall into each.
func settle(cells []*cell) {
	for i, v := range figures(cells, func(s slice) float64 { return s.cost }) {
		cells[i].cost = v
	}
	for i, v := range figures(cells, func(s slice) float64 { return s.evict }) {
		cells[i].evict = v
	}
}

// figures returns one figure per cell, 0 where there is none. Cells that ended
// early are left out, and turns in which one of the others has no value.
func figures(cells []*cell, get func(slice) float64) []float64 {
	var live []int
	turns := math.MaxInt
	for i, c := range cells {
		if c.err == nil {
			live = append(live, i)
			turns = min(turns, len(c.slices))
		}
	}
	out := make([]float64, len(cells))
	if len(live) == 0 {
		return out
	}
	var means []float64 // of the logarithms in a turn
	shares := make([][]float64, len(live))
	logs := make([]float64, len(live))
turns:
	for turn := range turns {
		mean := 0.0
		for k, i := range live {
			v := get(cells[i].slices[turn])
			if !(v > 0) {
				continue turns
			}
			logs[k] = math.Log(v)
			mean += logs[k] / float64(len(live))
		}
		means = append(means, mean)
		for k := range live {
			shares[k] = append(shares[k], logs[k]-mean)
		}
	}
	if len(means) == 0 {
		return out
	}
	level := median(means)
	for k, i := range live {
		out[i] = math.Exp(level + median(shares[k]))
	}
	return out
}

// median returns the median and sorts list.
func median(list []float64) float64 {
	slices.Sort(list)
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}
