package target

import "strings"

// Format writes a scenario as a text that Parse reads back as the same
// scenario. Registered scenarios are kept in this form.
func Format(s *Scenario) []byte {
	var b strings.Builder
	line := func(words ...string) { b.WriteString(strings.Join(words, " ") + "\n") }
	for _, n := range s.Note {
		line(remark(n))
	}
	for _, h := range Headers {
		for _, value := range s.header(h.Key) {
			line(h.Key+":", value)
		}
	}
	line("\nsteps:")
	for i := range s.Steps {
		step := &s.Steps[i]
		if len(step.Note) > 0 && i > 0 {
			line()
		}
		for _, n := range step.Note {
			line(remark(n))
		}
		text := step.String()
		if step.Remark != "" {
			text += "  " + remark(step.Remark)
		}
		line(text)
	}
	if len(s.End) > 0 {
		line()
	}
	for _, n := range s.End {
		line(remark(n))
	}
	return []byte(b.String())
}

func remark(text string) string { return strings.TrimRight("# "+text, " ") }

// header returns the values of the lines with a key.
func (s *Scenario) header(key string) (values []string) {
	add := func(v string) {
		if v != "" {
			values = append(values, v)
		}
	}
	switch key {
	case "scenario":
		add(s.Name)
	case "title":
		add(s.Title)
	case "origin":
		add(s.Origin)
	case "shows":
		values = s.Shows
	case "probes":
		add(strings.Join(strings.Split(s.Probes, ""), " "))
	case "blames":
		if s.Blames.Key != "" {
			add(s.Blames.String())
		}
	case "param":
		for _, p := range s.Params {
			add(strings.TrimSpace(p.Name + "=" + Num{N: p.N}.String() + " " + p.Why))
		}
	case "threads":
		for _, t := range s.Threads {
			add(strings.Join(t, " "))
		}
	case "set":
		add(settingsText(s.Set))
	case "run":
		for _, r := range s.Runs {
			add(strings.TrimSpace(r.Name + " " + settingsText(r.Set)))
		}
	}
	return values
}

func settingsText(list []Setting) string {
	var words []string
	for _, s := range list {
		words = append(words, s.String())
	}
	return strings.Join(words, " ")
}

// String returns the step as a line of a scenario, without remarks.
func (s *Step) String() string {
	words := []string{s.Task.String() + ":", s.Verb.String()}
	for _, p := range forms[s.Verb] {
		if w := p.format(s); w != "" {
			words = append(words, w)
		}
	}
	if s.Together {
		words = append(words, "&")
	}
	return strings.Join(words, " ")
}

// Action returns what the step does, without who does it: "close F".
func (s *Step) Action() string {
	one := *s
	one.Together = false
	_, action, _ := strings.Cut(one.String(), ": ")
	return action
}
