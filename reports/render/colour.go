package render

import (
	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/reports/compare"
)

// paint colours text if colour was asked for. It goes round go-pretty's own switch, which looks at the environment: the
// caller has decided.
type paint bool

// The shades: few, and none that carries a meaning alone.
var (
	bold    = text.Colors{text.Bold}
	faint   = text.Colors{text.Faint}
	good    = text.Colors{text.FgGreen}
	bad     = text.Colors{text.FgRed, text.Bold}
	dear    = text.Colors{text.FgYellow}
	neutral = text.Colors(nil)
)

func (p paint) on(s string, c text.Colors) string {
	if !p || len(c) == 0 || s == "" {
		return s
	}
	return text.Escape(s, c.EscapeSeq())
}

// shade is the colour of a verdict.
func shade(v compare.Verdict) text.Colors {
	switch v.Judgement {
	case compare.Dearer:
		return dear
	case compare.Cheaper:
		return good
	case compare.Same:
		return neutral
	}
	return faint
}
