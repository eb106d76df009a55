package litmus

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/engine/target"
)

// A sign stands for an outcome or a mark in a matrix: one column wide.
type sign struct {
	rune  string
	about string
	look  text.Colors
}

var (
	faint  = text.Colors{text.Faint}
	bold   = text.Colors{text.Bold}
	good   = text.Colors{text.FgGreen}
	middle = text.Colors{text.FgYellow}
	bad    = text.Colors{text.FgHiRed, text.Bold}
)

// signs are those of outcomes but for violations, which show what is broken.
var signs = map[target.Kind]sign{
	target.Safe:          {"·", "safe, nobody waited", good},
	target.Blocked:       {"w", "waited until the pin was released, or a deadline", middle},
	target.Parked:        {"p", "put aside until the pin is gone", good},
	target.Refused:       {"r", "refused with an error", middle},
	target.Hung:          {"∞", "waits for ever, or as long as others like", bad},
	target.Violated:      {"#", "memory is taken away under a pin, or a step failed", bad},
	target.NotApplicable: {"-", "cannot be run here", faint},
}

// unhurt is an outcome that is good, although an invariant was broken on the way.
var unhurt = sign{"!", "an invariant is broken, nobody was hurt this time", middle}

// legend says what signs stand for, from good to bad.
func legend() (items []string) {
	for _, k := range []target.Kind{target.Safe, target.Parked, target.Refused, target.Blocked, target.Hung} {
		items = append(items, signs[k].item())
	}
	return append(items, "U A X that one is broken", signs[target.Violated].item(), unhurt.item(), signs[target.NotApplicable].item())
}

// signOf returns the sign of an outcome. A violation has the letter of the
// gravest of what it broke.
func signOf(o *target.Outcome) sign {
	switch {
	case o.Kind == target.Safe && o.Broken != "":
		return unhurt
	case o.Kind == target.Violated:
		if i := strings.IndexAny(o.Broken, target.Safety); i >= 0 {
			return sign{o.Broken[i : i+1], "", bad}
		}
	}
	return signs[o.Kind]
}

// markOf returns the sign of an invariant: its letter if it is broken.
func markOf(m Mark, invariant rune) sign {
	switch m {
	case Broken:
		return sign{string(invariant), "", bad}
	case Kept:
		return sign{"·", "", good}
	}
	return sign{"-", "", faint}
}

// paint colours text if colour was asked for, whatever the environment says.
type paint bool

func (p paint) on(s string, c text.Colors) string {
	if !p || len(c) == 0 || s == "" {
		return s
	}
	return text.Escape(s, c.EscapeSeq())
}
