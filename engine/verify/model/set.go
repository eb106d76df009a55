package model

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// An opKind is an operation of a script.
type opKind uint8

const (
	opEnd opKind = iota
	opOpen
	opPin
	opSubmit
	opUnpin
	opIput
	opUnlink
	opTrunc
	opLease
	opReturn
	opAlloc
	opReclaim
	opUnplug
	opSignal
	opAwait
	opWork
)

var opKinds = map[string]opKind{
	"Open": opOpen, "Pin": opPin, "Submit": opSubmit, "Unpin": opUnpin, "Iput": opIput, "Unlink": opUnlink,
	"Trunc": opTrunc, "Lease": opLease, "Return": opReturn, "Alloc": opAlloc, "Reclaim": opReclaim,
	"Unplug": opUnplug, "Signal": opSignal, "Await": opAwait, "Work": opWork,
}

// A pinKind tells pins apart.
type pinKind uint8

const (
	follPin pinKind = iota
	follGet
	unbounded // FOLL_PIN, until a person does something
)

// An op is one operation of a script.
type op struct {
	kind  opKind
	pin   pinKind
	ino   uint8
	pages uint8 // of Pin, a bit each
	to    uint8 // the other task: of Submit, Signal
}

// A worker is a task of a set: its script, and what it has at first.
type worker struct {
	name    string
	script  []op // ends in opEnd
	ref     bool
	refIno  uint8
	hold    uint8   // pages pinned at first
	pinIno  uint8   // of its pins, whenever it has some
	pinKind pinKind // likewise
}

// A Set is a handful of tasks on one or two inodes, small enough that all
// their interleavings can be looked at.
type Set struct {
	Name   string
	About  string
	WhatIf string // why what is found here is not held against a policy; mostly empty

	inodes, pages, pinners int
	shrinkable, dontcache  bool
	lines                  [][2]string // of tasks: name and script
	workers                []worker
}

//go:embed sets.txt
var setsText string

// Sets holds the task sets in the order of sets.txt.
var Sets = mustParse(setsText)

// LookupSet returns the set with the given name.
func LookupSet(name string) (Set, error) {
	for _, s := range Sets {
		if s.Name == name {
			return s, nil
		}
	}
	return Set{}, fmt.Errorf("the model has no set %q", name)
}

func mustParse(text string) []Set {
	sets, err := parseSets(text)
	if err != nil {
		panic("model: sets.txt: " + err.Error())
	}
	return sets
}

// parseSets reads what sets.txt describes in its first lines.
func parseSets(text string) (sets []Set, err error) {
	for i, line := range strings.Split(text, "\n") {
		key, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		rest = strings.TrimSpace(rest)
		if key == "" || key[0] == '#' {
			continue
		}
		if key == "set" {
			name, about, _ := strings.Cut(rest, " ")
			sets = append(sets, Set{Name: name, About: about})
			continue
		}
		if len(sets) == 0 {
			return nil, fmt.Errorf("line %d: %q before the first set", i+1, key)
		}
		if err := sets[len(sets)-1].parse(key, rest); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	for i := range sets {
		if sets[i], err = sets[i].withPinners(sets[i].pinners); err != nil {
			return nil, err
		}
	}
	return sets, nil
}

func (s *Set) parse(key, rest string) (err error) {
	number := func(dst *int, most int) {
		if *dst, err = strconv.Atoi(rest); err == nil && (*dst < 0 || *dst > most) {
			err = fmt.Errorf("%s %d: at most %d", key, *dst, most)
		}
	}
	switch key {
	case "inodes":
		number(&s.inodes, maxInodes)
	case "pages":
		number(&s.pages, maxPages)
	case "pinners":
		number(&s.pinners, maxTasks)
	case "shrinkable":
		s.shrinkable = true
	case "dontcache":
		s.dontcache = true
	case "whatif":
		s.WhatIf = rest
	case "task":
		name, script, _ := strings.Cut(rest, " ")
		s.lines = append(s.lines, [2]string{name, script})
	default:
		err = fmt.Errorf("unknown word %q", key)
	}
	return err
}

// withPinners returns the set with n of each task that has # in its name.
func (s Set) withPinners(n int) (Set, error) {
	if s.pinners == 0 {
		n = 0
	}
	var lines [][2]string
	for _, l := range s.lines {
		if !strings.Contains(l[0], "#") {
			lines = append(lines, l)
			continue
		}
		for k := 1; k <= n; k++ {
			number := strconv.Itoa(k)
			lines = append(lines, [2]string{strings.ReplaceAll(l[0], "#", number), strings.ReplaceAll(l[1], "#", number)})
		}
	}
	if len(lines) > maxTasks {
		return s, fmt.Errorf("set %s: %d tasks with %d pinners; at most %d", s.Name, len(lines), n, maxTasks)
	}
	names := map[string]uint8{}
	for i, l := range lines {
		names[l[0]] = uint8(i)
	}
	s.workers = make([]worker, len(lines))
	for i, l := range lines {
		w := &s.workers[i]
		w.name = l[0]
		for _, text := range strings.Split(l[1], ";") {
			if err := s.operation(w, strings.Fields(text), names); err != nil {
				return s, fmt.Errorf("set %s, task %s, %q: %w", s.Name, w.name, text, err)
			}
		}
		w.script = append(w.script, op{kind: opEnd})
	}
	for _, w := range s.workers { // a submitted pin is what it was
		for _, o := range w.script {
			if o.kind == opSubmit {
				s.workers[o.to].pinIno, s.workers[o.to].pinKind = w.pinIno, w.pinKind
			}
		}
	}
	return s, nil
}

// operation appends one operation to the script of w, or gives w what the words
// say that it has at first.
func (s *Set) operation(w *worker, words []string, names map[string]uint8) error {
	if len(words) == 0 {
		return fmt.Errorf("no operation")
	}
	o := op{kind: opKinds[words[0]]}
	for _, word := range words[1:] {
		to, isTask := names[word]
		page, err := strconv.Atoi(word)
		switch {
		case word == "get":
			o.pin = follGet
		case word == "unb":
			o.pin = unbounded
		case err == nil && page >= 0 && page < s.pages:
			o.pages |= 1 << page
		case isTask && (o.kind == opSubmit || o.kind == opSignal):
			o.to = to
		case len(word) == 1 && word[0] >= 'A' && int(word[0]-'A') < s.inodes:
			o.ino = word[0] - 'A'
		default:
			return fmt.Errorf("what is %q?", word)
		}
	}
	switch {
	case words[0] == "ref":
		w.ref, w.refIno = true, o.ino
		return nil
	case words[0] == "pin":
		w.hold, w.pinIno = o.pages, o.ino
		return nil
	case o.kind == opEnd:
		return fmt.Errorf("unknown operation")
	case o.kind == opPin:
		w.pinIno, w.pinKind = o.ino, o.pin
	}
	w.script = append(w.script, o)
	return nil
}
