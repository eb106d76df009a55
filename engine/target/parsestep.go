package target

import (
	"fmt"
	"strings"
)

// Clock is the task that lets time pass.
const Clock = "time"

// step reads a line "task: verb operands".
func (p *parser) step(n int, line string) {
	if len(p.s.Steps) == MaxSteps {
		p.errorf(n, "more than %d steps", MaxSteps)
		return
	}
	s := Step{Line: n, Note: p.note}
	p.note = nil
	line, s.Remark = cutRemark(line)
	task, rest, ok := strings.Cut(line, ":")
	words := strings.Fields(rest)
	if !ok || len(words) == 0 {
		p.errorf(n, "%q: want \"task: verb …\", such as \"T1: close F\"", line)
		return
	}
	var err error
	if s.Task, err = parseRef(strings.TrimSpace(task)); err != nil {
		p.errorf(n, "task: %v", err)
		return
	}
	v, ok := LookupVerb(words[0])
	if !ok {
		p.errorf(n, "unknown verb %q; known: %s", words[0], verbNames())
		return
	}
	s.Verb = v
	words = words[1:]
	if len(words) > 0 && words[len(words)-1] == "&" {
		s.Together, words = true, words[:len(words)-1]
	}
	if err := s.operands(words); err != nil {
		p.errorf(n, "%v; want: %s", err, strings.TrimSpace(v.String()+" "+v.Info().Form))
		return
	}
	for _, num := range s.nums() {
		if num.Param == "" {
			continue
		}
		value, ok := p.params[num.Param]
		if !ok {
			p.errorf(n, "$%s: no such parameter; the scenario has: %s", num.Param, p.s.paramNames())
			return
		}
		num.N = value
	}
	p.s.Steps = append(p.s.Steps, s)
}

// cutRemark takes a remark off the end of a step.
func cutRemark(line string) (step, remark string) {
	for i, r := range line {
		if r == '#' && i > 0 && (line[i-1] == ' ' || line[i-1] == '\t') {
			return strings.TrimRight(line[:i], " \t"), remarkText(line[i+1:])
		}
	}
	return line, ""
}

func verbNames() string {
	var names []string
	for _, v := range Verbs() {
		names = append(names, v.String())
	}
	return strings.Join(names, ", ")
}

// operands fits words to the form of the step's verb: first what must be there,
// in order, then what may be left out, in any.
func (s *Step) operands(words []string) error {
	parts := forms[s.Verb]
	for _, p := range parts {
		if p.optional {
			continue
		}
		n, err := p.match(s, words)
		switch {
		case err != nil:
			return err
		case n == 0 && len(words) == 0:
			return fmt.Errorf("%s is missing", p.what())
		case n == 0:
			return fmt.Errorf("%q where %s belongs", words[0], p.what())
		}
		words = words[n:]
	}
	used := make([]bool, len(parts))
next:
	for len(words) > 0 {
		for i, p := range parts {
			if !p.optional || used[i] {
				continue
			}
			n, err := p.match(s, words)
			if err != nil {
				return err
			}
			if n > 0 {
				used[i], words = true, words[n:]
				continue next
			}
		}
		return fmt.Errorf("%q does not belong here", words[0])
	}
	return nil
}

// match fits p to the first of words, and returns how many it took; 0 if it
// does not fit.
func (p part) match(s *Step, words []string) (int, error) {
	if len(words) == 0 {
		return 0, nil
	}
	switch {
	case p.operand == "":
		f, ok := lookupFlag(words[0])
		if !ok || f&p.choice == 0 {
			return 0, nil
		}
		s.Flags |= f
		return 1, nil
	case p.equals:
		value, ok := strings.CutPrefix(words[0], p.word+"=")
		if !ok {
			return 0, nil
		}
		return 1, p.set(s, value)
	case p.word == "":
		return 1, p.set(s, words[0])
	case words[0] != p.word:
		return 0, nil
	case len(words) == 1:
		return 0, fmt.Errorf("nothing behind %q", p.word)
	}
	return 2, p.set(s, words[1])
}

// set puts a word where p keeps it.
func (p part) set(s *Step, word string) error {
	if err := operands[p.operand].set(s, word); err != nil {
		return fmt.Errorf("%w (%s is %s)", err, p.operand, operands[p.operand].what)
	}
	return nil
}

// what says what p is, for messages.
func (p part) what() string {
	switch {
	case p.operand == "":
		return strings.Join(p.choices(), " or ")
	case p.word != "":
		return fmt.Sprintf("%q and %s", p.word, operands[p.operand].what)
	}
	return operands[p.operand].what
}

// choices lists the flags of a choice.
func (p part) choices() (names []string) {
	for f := Flag(1); f < flagEnd; f <<= 1 {
		if p.choice&f != 0 {
			names = append(names, flagNames[f])
		}
	}
	return names
}
