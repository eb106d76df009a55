package folder

import "iter"

// Values are the figures of one round by their units, as written: finite and positive. The rounds of a run share the list
// of units, so that a million rounds fit into memory. The zero value has none.
type Values struct {
	units   *units
	figures []float64 // by the place of the unit; 0: the round has none
}

// units are the units of a run, in the order in which they came up.
type units struct{ place map[string]int }

// Get returns the figure in a unit; ok is false if the round has none.
func (v *Values) Get(unit string) (figure float64, ok bool) {
	if v.units == nil {
		return 0, false
	}
	i, known := v.units.place[unit]
	if !known || i >= len(v.figures) || v.figures[i] == 0 {
		return 0, false
	}
	return v.figures[i], true
}

// Set adds a figure, or replaces it. A zero takes it away.
func (v *Values) Set(unit string, figure float64) {
	if v.units == nil {
		v.units = &units{make(map[string]int)}
	}
	i, known := v.units.place[unit]
	if !known {
		i = len(v.units.place)
		v.units.place[unit] = i
	}
	for len(v.figures) <= i {
		v.figures = append(v.figures, 0)
	}
	v.figures[i] = figure
}

// All yields the figures by unit, in no particular order.
func (v *Values) All() iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		if v.units == nil {
			return
		}
		for unit := range v.units.place {
			if figure, ok := v.Get(unit); ok && !yield(unit, figure) {
				return
			}
		}
	}
}

// Any says whether there is any figure at all: a round without its line in results.txt has none.
func (v *Values) Any() bool { return v.figures != nil }

// NewValues returns the values of a map.
func NewValues(figures map[string]float64) (v Values) {
	for unit, figure := range figures {
		v.Set(unit, figure)
	}
	return v
}
