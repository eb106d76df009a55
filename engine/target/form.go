package target

import (
	"fmt"
	"strings"
	"time"
)

// An operand is a word in capitals in the form of a verb: where in a step it is
// kept, and what it must look like.
type operand struct {
	what string // for messages
	get  func(s *Step) string
	set  func(s *Step, word string) error
}

var operands = map[string]operand{
	"FILE":   refOperand("a file, such as F, F.3 or F*100", func(s *Step) *Ref { return &s.File }),
	"OTHER":  refOperand("a file", func(s *Step) *Ref { return &s.Other }),
	"COPY":   refOperand("a name for the new file", func(s *Step) *Ref { return &s.Other }),
	"NEW":    refOperand("a name that is not taken", func(s *Step) *Ref { return &s.Name }),
	"PIN":    refOperand("a pin", func(s *Step) *Ref { return &s.Name }),
	"LEASE":  refOperand("a lease", func(s *Step) *Ref { return &s.Name }),
	"MEMORY": refOperand("the name of an allocation", func(s *Step) *Ref { return &s.Name }),
	"TASK":   refOperand("a task", func(s *Step) *Ref { return &s.Whom }),
	"INDEX":  numOperand("a number, or $ and a parameter", 0, func(s *Step) *Num { return &s.Index }),
	"COUNT":  numOperand("a number from 1, or $ and a parameter", 1, func(s *Step) *Num { return &s.Count }),
	"STRIDE": numOperand("a number from 1, or $ and a parameter", 1, func(s *Step) *Num { return &s.Stride }),
	"HOLDER": {
		what: "who holds the page: " + strings.Join(holderNames(), ", "),
		get:  func(s *Step) string { return s.Holder },
		set: func(s *Step, word string) error {
			if LookupHolder(word) == nil {
				return fmt.Errorf("unknown holder %q", word)
			}
			s.Holder = word
			return nil
		},
	},
	"TIME": {
		what: fmt.Sprintf("a time such as 5s or 10ms, up to %v", MaxWait),
		get: func(s *Step) string {
			if s.For == 0 {
				return ""
			}
			return formatTime(s.For)
		},
		set: func(s *Step, word string) error {
			d, err := time.ParseDuration(word)
			if err != nil || d <= 0 || d > MaxWait {
				return fmt.Errorf("%q is no such time", word)
			}
			s.For = d
			return nil
		},
	},
}

func refOperand(what string, at func(*Step) *Ref) operand {
	return operand{
		what: what,
		get: func(s *Step) string {
			if *at(s) == (Ref{}) {
				return ""
			}
			return at(s).String()
		},
		set: func(s *Step, word string) (err error) {
			*at(s), err = parseRef(word)
			return err
		},
	}
}

func numOperand(what string, least int, at func(*Step) *Num) operand {
	return operand{
		what: what,
		get: func(s *Step) string {
			if least > 0 && *at(s) == (Num{}) {
				return ""
			}
			return at(s).String()
		},
		set: func(s *Step, word string) (err error) {
			*at(s), err = parseNum(word, least)
			return err
		},
	}
}

// formatTime writes a time as a person would: 5s, not 5s0ms, and 3m, not 3m0s.
func formatTime(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// A part is a piece of a form: an operand with an optional word before it
// ("as NEW", "pages=COUNT"), or a choice of flags.
type part struct {
	word     string // before the operand; "" if there is none
	equals   bool   // word and operand are one: word=operand
	operand  string // "" for a choice
	choice   Flag
	optional bool
}

// parseForm takes a form of the table of verbs apart. A form that cannot be
// taken apart is a mistake in that table, and a test finds it.
func parseForm(form string) []part {
	var parts []part
	words := strings.Fields(form)
	for i := 0; i < len(words); i++ {
		var p part
		w := words[i]
		if rest, ok := strings.CutPrefix(w, "["); ok {
			p.optional, w = true, rest
		}
		w = strings.TrimSuffix(w, "]")
		key, op, equals := strings.Cut(w, "=")
		switch flags, isChoice := parseChoice(w); {
		case equals:
			p.word, p.operand, p.equals = key, op, true
		case operands[w].set != nil:
			p.operand = w
		case isChoice && (p.optional || strings.Contains(w, "|")):
			p.choice = flags
		default:
			i++
			p.word, p.operand = w, strings.TrimSuffix(words[i], "]")
		}
		if p.choice == 0 && operands[p.operand].set == nil {
			panic("target: bad form: " + form)
		}
		parts = append(parts, p)
	}
	return parts
}

func parseChoice(w string) (flags Flag, ok bool) {
	for name := range strings.SplitSeq(w, "|") {
		f, ok := lookupFlag(name)
		if !ok {
			return 0, false
		}
		flags |= f
	}
	return flags, true
}

// format writes what p says of s; nothing if it was left out.
func (p part) format(s *Step) string {
	if p.operand == "" {
		for f := Flag(1); f < flagEnd; f <<= 1 {
			if p.choice&s.Flags&f != 0 {
				return flagNames[f]
			}
		}
		return ""
	}
	text := operands[p.operand].get(s)
	switch {
	case text == "" || p.word == "":
		return text
	case p.equals:
		return p.word + "=" + text
	}
	return p.word + " " + text
}
