package safety

import (
	"fmt"
	"slices"
	"strings"

	"daxbench/reports/unit"
)

// Tone says how grave a sentence is.
type Tone uint8

// The tones, the gravest first.
const (
	Loss  Tone = iota // data can be lost
	Delay             // somebody waits or may hang
	Fine              // no data was lost wherever one looked
	Blank             // what was not looked at, or not found
)

// Sentence is what the matrix comes to.
type Sentence struct {
	Tone Tone
	Text string
}

// Sentences say whose data can be lost, who makes others wait, and what nobody looked at: of the policies that the run beside it
// measured or, if it has none of them, of all.
func (m *Matrix) Sentences() (out []Sentence) {
	say := func(tone Tone, format string, args ...any) {
		out = append(out, Sentence{tone, fmt.Sprintf(format, args...)})
	}
	rows := m.foremost()
	if who := m.who(rows, func(h *Hazard, c *Cell) bool { return h.Data && c.Mark == Broken }); who != "" {
		say(Loss, "Data can be lost under %s.", who)
	}
	if who := m.who(rows, func(h *Hazard, c *Cell) bool { return !h.Data && c.Mark == Broken }); who != "" {
		say(Delay, "Somebody waits or may hang under %s.", who)
	}
	var kept, unseen []string
	for _, r := range rows {
		switch data, all := m.count(r); {
		case all[Unknown] == len(r.Cells):
			unseen = append(unseen, r.Policy)
		case data[Kept] > 0 && data[Kept] == data[Unknown]+data[NotFound]+data[Kept]+data[Broken]:
			kept = append(kept, r.Policy)
		}
	}
	if len(kept) > 0 {
		say(Fine, "No data was lost under %s, in all scenarios that are about it.", some(kept))
	}
	if len(unseen) > 0 {
		say(Blank, "Nobody looked at %s.", some(unseen))
	}
	if who := m.who(rows, func(h *Hazard, c *Cell) bool { return c.Mark == NotFound && c.Declared }); who != "" {
		say(Blank, "Not shown, though declared broken, under %s.", who)
	}
	if who := m.who(rows, func(h *Hazard, c *Cell) bool { return c.Mark == NotFound && !c.Declared }); who != "" {
		say(Blank, "Looked for in part, and not found, under %s.", who)
	}
	if who := m.who(rows, func(h *Hazard, c *Cell) bool { return c.Mark == Unknown }, unseen...); who != "" {
		say(Blank, "Not looked at under %s.", who)
	}
	return out
}

// foremost are the rows of policies that were measured; all, if none was.
func (m *Matrix) foremost() (rows []*Row) {
	var all []*Row
	for i := range m.Rows {
		r := &m.Rows[i]
		all = append(all, r)
		if r.Measured {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return all
	}
	return rows
}

// count says how many hazards of a policy have each mark: of those that lose data, and of all.
func (m *Matrix) count(r *Row) (data, all [Broken + 1]int) {
	for i := range min(len(r.Cells), len(m.Hazards)) {
		mark := min(r.Cells[i].Mark, Broken)
		all[mark]++
		if m.Hazards[i].Data {
			data[mark]++
		}
	}
	return data, all
}

// who lists the policies that have such a cell, and of which hazards: "none: use, association". Those with the same hazards stand
// together; those in but are left out.
func (m *Matrix) who(rows []*Row, such func(*Hazard, *Cell) bool, but ...string) string {
	var order []string
	policies := make(map[string][]string)
	for _, r := range rows {
		var names []string
		for i := range min(len(r.Cells), len(m.Hazards)) {
			h, c := &m.Hazards[i], &r.Cells[i]
			if !such(h, c) {
				continue
			}
			name := h.Name
			if c.Mark == Broken && !c.Declared {
				name += " (not declared)"
			}
			names = append(names, name)
		}
		if len(names) == 0 || slices.Contains(but, r.Policy) {
			continue
		}
		key := strings.Join(names, ", ")
		if policies[key] == nil {
			order = append(order, key)
		}
		policies[key] = append(policies[key], r.Policy)
	}
	const most = 4 // sets of hazards that a sentence can tell apart
	var parts []string
	for i, key := range order {
		if i == most && len(order) > most+1 {
			n := 0
			for _, rest := range order[i:] {
				n += len(policies[rest])
			}
			parts = append(parts, fmt.Sprintf("%s more, below", unit.Count(n)))
			break
		}
		parts = append(parts, some(policies[key])+": "+key)
	}
	return strings.Join(parts, "; ")
}

// some lists names, and counts those behind the first few.
func some(names []string) string {
	const most = 5
	if n := len(names); n > most+1 {
		return fmt.Sprintf("%s and %s others", strings.Join(names[:most], ", "), unit.Count(n-most))
	}
	return unit.List(names)
}
