package driver

import (
	"math"
	"slices"
)

// settle finds the round's figures of all cells of a group from their slices.
//
// Slices of one turn are neighbours in time and share what the machine did just
// then. So the figure of the reference is the median over its own slices, and
// that of another policy is the reference's times the median over the turns of
// the ratio between the two slices of one turn. It depends on these two policies
// only, not on what else was run.
//
// Note: the median over each policy's own slices was used at first. On a machine
// whose speed has two modes (here: whether the neighbour on the same core is
// busy) it jumps with the number of slices that happened to fall into each.
func settle(cells []*cell, reference int) {
	for i, v := range figures(cells, reference, func(s slice) float64 { return s.cost }) {
		cells[i].cost = v
	}
	for i, v := range figures(cells, reference, func(s slice) float64 { return s.evict }) {
		cells[i].evict = v
	}
}

// figures returns one figure per cell, 0 where there is none. Without a
// reference each is the median over its own slices.
func figures(cells []*cell, reference int, get func(slice) float64) []float64 {
	out := make([]float64, len(cells))
	ref := cells[reference]
	level := 0.0
	if ref.err == nil {
		level = median(values(ref.slices, get))
	}
	for i, c := range cells {
		switch {
		case c.err != nil:
		case level == 0 || i == reference:
			out[i] = median(values(c.slices, get))
		default:
			var logs []float64
			for turn := range min(len(c.slices), len(ref.slices)) {
				if a, b := get(c.slices[turn]), get(ref.slices[turn]); a > 0 && b > 0 {
					logs = append(logs, math.Log(a/b))
				}
			}
			if len(logs) > 0 {
				out[i] = level * math.Exp(median(logs))
			}
		}
	}
	return out
}

// values returns what get finds in the slices, without those that have none.
func values(list []slice, get func(slice) float64) (out []float64) {
	for _, s := range list {
		if v := get(s); v > 0 {
			out = append(out, v)
		}
	}
	return out
}

// median returns the median and sorts list; 0 if it is empty.
func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}
