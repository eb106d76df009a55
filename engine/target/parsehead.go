package target

import (
	"fmt"
	"slices"
	"strings"
)

// A HeaderInfo describes a line that can stand before the steps.
type HeaderInfo struct {
	Key   string
	Form  string // of what stands behind the colon
	About string
	Many  bool // it may be repeated
}

// Headers lists them in the order in which Format writes them.
var Headers = []HeaderInfo{
	{"scenario", "NAME", "its name on the command line", false},
	{"title", "TEXT", "one line that says what happens", false},
	{"origin", "TEXT", "who thought of it, where", false},
	{"shows", "TEXT", "what it shows, and on whom", true},
	{"probes", "U A L …", "the invariants that it can break", false},
	{"blames", "KEY=VALUE", "the setting that is to blame for what it finds; without it, the policy is", false},
	{"param", "NAME=NUMBER WHY", "a number that -set can change, and why it is this one", true},
	{"threads", "TASK TASK …", "tasks that are threads of one process", true},
	{"set", "KEY=VALUE …", "settings of all runs", false},
	{"run", "NAME KEY=VALUE …", "a variant with settings of its own", true},
}

func headerKeys() string {
	var keys []string
	for _, h := range Headers {
		keys = append(keys, h.Key)
	}
	return strings.Join(keys, ", ") + ", steps"
}

// header reads a line "key: value".
func (p *parser) header(n int, line string) {
	if p.heads++; p.heads > MaxHeaders {
		p.errorf(n, "more than %d lines before the steps", MaxHeaders)
		return
	}
	key, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	if key == "steps" && ok {
		p.steps = true
		if value != "" {
			p.errorf(n, "steps: the steps stand on the lines below")
		}
		return
	}
	i := slices.IndexFunc(Headers, func(h HeaderInfo) bool { return h.Key == key })
	switch {
	case !ok:
		p.errorf(n, "%q: want \"key: value\" with a key of %s", line, headerKeys())
		return
	case i < 0:
		p.errorf(n, "unknown key %q; known: %s; steps stand below the line \"steps:\"", key, headerKeys())
		return
	case value == "":
		p.errorf(n, "%s: nothing behind it; want %s, %s", key, Headers[i].Form, Headers[i].About)
		return
	case p.seen[key] > 0 && !Headers[i].Many:
		p.errorf(n, "%s: stands on line %d already", key, p.seen[key])
		return
	}
	p.seen[key] = n
	if err := p.value(key, value); err != nil {
		p.errorf(n, "%s: %v", key, err)
	}
}

func (p *parser) value(key, value string) (err error) {
	s, words := p.s, strings.Fields(value)
	switch key {
	case "scenario":
		s.Name, err = value, checkName(value)
	case "title":
		s.Title = value
	case "origin":
		s.Origin = value
	case "shows":
		s.Shows = append(s.Shows, value)
	case "probes":
		s.Probes, err = parseInvariants(words)
	case "blames":
		s.Blames, err = ParseSetting(value)
	case "param":
		err = p.param(value)
	case "threads":
		err = p.threads(words)
	case "set":
		s.Set, err = parseSettings(words)
	case "run":
		var r Run
		r.Name, err = words[0], checkName(words[0])
		if err == nil {
			r.Set, err = parseSettings(words[1:])
		}
		switch {
		case err != nil:
		case slices.ContainsFunc(s.Runs, func(o Run) bool { return o.Name == r.Name }):
			err = fmt.Errorf("%q is the name of another run", r.Name)
		case len(s.Runs) == MaxRuns:
			err = fmt.Errorf("more than %d runs", MaxRuns)
		default:
			s.Runs = append(s.Runs, r)
		}
	}
	return err
}

// parseInvariants reads letters and puts them into order.
func parseInvariants(words []string) (string, error) {
	given := strings.Join(words, "")
	for _, r := range given {
		if !strings.ContainsRune(Invariants, r) {
			return "", fmt.Errorf("%q is no invariant; they are %s", r, strings.Join(strings.Split(Invariants, ""), " "))
		}
	}
	sorted := ""
	for _, r := range Invariants {
		if strings.ContainsRune(given, r) {
			sorted += string(r)
		}
	}
	return sorted, nil
}

func parseSettings(words []string) (list []Setting, err error) {
	for _, w := range words {
		set, err := ParseSetting(w)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(list, func(o Setting) bool { return o.Key == set.Key }) {
			return nil, fmt.Errorf("%s is set twice", set.Key)
		}
		list = append(list, set)
	}
	return list, nil
}

func (p *parser) param(value string) error {
	word, why, _ := strings.Cut(value, " ")
	name, number, ok := strings.Cut(word, "=")
	if !ok {
		return fmt.Errorf("%q: want NAME=NUMBER, then why that number", word)
	}
	if err := checkName(name); err != nil {
		return err
	}
	n, err := parseNum(number, 1)
	switch _, twice := p.params[name]; {
	case err != nil:
		return err
	case n.Param != "":
		return fmt.Errorf("%s: want a number", number)
	case twice:
		return fmt.Errorf("%s is a parameter already", name)
	case len(p.s.Params) == MaxParams:
		return fmt.Errorf("more than %d parameters", MaxParams)
	}
	p.params[name] = n.N
	p.s.Params = append(p.s.Params, Param{name, n.N, strings.TrimSpace(why)})
	return nil
}

func (p *parser) threads(words []string) error {
	for i, w := range words {
		if err := checkName(w); err != nil {
			return err
		}
		if slices.Contains(words[:i], w) || slices.ContainsFunc(p.s.Threads, func(t []string) bool { return slices.Contains(t, w) }) {
			return fmt.Errorf("%s is a thread already", w)
		}
	}
	if len(words) < 2 {
		return fmt.Errorf("want the names of two tasks or more that share a process")
	}
	p.s.Threads = append(p.s.Threads, words)
	return nil
}
