package serve

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"daxbench/reports/folder"
	"daxbench/reports/render"
)

// Limits of what is kept of a run.json. Names are cut as reports cut them.
const (
	maxHeadSize = 64 << 20 // bytes of a run.json that is read for the index: a hundred times the default matrix
	maxNames    = 64       // storms, policies, kinds of findings
	maxWarnings = 5        // the last ones
	maxName     = 40       // columns
	maxText     = 400
)

// A head is what a page says of a run without its figures: all of run.json but the cells, of which it counts rounds and
// outcomes. Its strings are cleaned and cut.
type head struct {
	Status   string // as written: finished, interrupted, running, failed
	Storms   []string
	Policies []string
	Rounds   int // that are complete
	Of       int
	Started  time.Time // zero if it cannot be read
	Ended    time.Time // zero if the run has not ended, or it cannot be read
	Machine  string
	Command  string
	Seed     uint64
	Commit   string
	Tool     string
	Warnings []string // the last few
	Warned   int      // how many there are
	Blank    int      // cells of a round without the figure that decides: they hung, failed, or measured nothing
	Found    []string // outcomes that are not ok: "none: 12 violations"
}

// errSize means that run.json is not read for the index.
var errSize = errors.New("run.json is too large for the index; its report may be made nevertheless")

// readHead reads run.json of at most maxHeadSize bytes, one cell at a time.
func readHead(r io.Reader) (*head, error) {
	limited := &io.LimitedReader{R: bufio.NewReaderSize(r, 1<<16), N: maxHeadSize + 1}
	d := json.NewDecoder(limited)
	p := headParser{found: make(map[[2]string]int)}
	err := p.object(d)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("there is something behind its end")
		}
	}
	switch {
	case limited.N <= 0:
		return nil, errSize
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("run.json: byte %d: the file ends too early", d.InputOffset())
	case err != nil:
		return nil, fmt.Errorf("run.json: byte %d: %w", d.InputOffset(), err)
	case p.manifest.Schema != folder.Schema:
		return nil, fmt.Errorf("run.json: %w %d; this daxbench reads %d", folder.ErrSchema, p.manifest.Schema, folder.Schema)
	}
	return p.head(), nil
}

// headParser collects what a head is made from.
type headParser struct {
	manifest folder.Manifest // without cells
	rounds   int
	blank    int               // cells without the figure that decides
	units    map[string]string // by workload; what primary has looked up
	found    map[[2]string]int // how often, by policy and outcome
}

// object reads the outermost object.
func (p *headParser) object(d *json.Decoder) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(err, errors.New("it is no object"))
	}
	m := &p.manifest
	fields := map[string]any{
		"schema": &m.Schema, "tool": &m.Tool, "commit": &m.Commit, "status": &m.Status, "command": &m.Command, "seed": &m.Seed,
		"started": &m.Started, "ended": &m.Ended, "plan": &m.Plan, "environment": &m.Environment, "warnings": &m.Warnings,
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		field, known := fields[key.(string)]
		switch {
		case key == "cells":
			err = p.cells(d)
		case known:
			if err = d.Decode(field); err != nil {
				err = fmt.Errorf("%s: %w", key, err)
			}
		default:
			err = d.Decode(new(skipped))
		}
		if err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// skipped takes any value and keeps nothing of it.
type skipped struct{}

func (*skipped) UnmarshalJSON([]byte) error { return nil }

// cells counts rounds and outcomes.
func (p *headParser) cells(d *json.Decoder) error {
	t, err := d.Token()
	switch {
	case err != nil:
		return err
	case t == nil:
		return nil
	case t != json.Delim('['):
		return errors.New("cells is no list")
	}
	for d.More() {
		var cell struct {
			Round                     int
			Workload, Policy, Outcome string
			Metrics                   map[string]float64
		}
		if err := d.Decode(&cell); err != nil {
			return err
		}
		p.rounds = max(p.rounds, cell.Round)
		if unit := p.primary(cell.Workload); unit != "" && !(cell.Metrics[unit] > 0) {
			p.blank++
			if cell.Outcome == "ok" {
				cell.Outcome = blank
			}
		}
		key := [2]string{render.Clean(cell.Policy, maxName), render.Clean(cell.Outcome, maxName)}
		if _, known := p.found[key]; cell.Outcome != "ok" && (known || len(p.found) < maxNames) {
			p.found[key]++
		}
	}
	_, err = d.Token()
	return err
}

// blank is the outcome of a cell that came to its end without the figure by which policies are compared.
const blank = "without a figure"

// primary is the unit by which the policies are compared under a workload; empty if it is not known, as the plan stands behind
// the cells or has no such workload.
func (p *headParser) primary(workload string) string {
	if p.units == nil {
		p.units = make(map[string]string)
		for _, g := range p.manifest.Plan.Groups {
			p.units[g.Workload] = g.Primary
		}
	}
	return p.units[workload]
}

// head puts together what was collected.
func (p *headParser) head() *head {
	m := &p.manifest
	h := &head{
		Status: render.Clean(m.Status, maxName), Rounds: p.rounds, Blank: p.blank, Of: m.Plan.Rounds, Seed: m.Seed,
		Commit: render.Clean(m.Commit, maxName), Tool: render.Clean(m.Tool, maxName), Warned: len(m.Warnings),
		Started: when(m.Started), Ended: when(m.Ended), Command: command(m.Command), Machine: machine(m),
	}
	for _, g := range m.Plan.Groups {
		h.Storms = appendName(h.Storms, g.Workload)
		for _, policy := range g.Policies {
			h.Policies = appendName(h.Policies, policy)
		}
	}
	for _, w := range m.Warnings[max(0, len(m.Warnings)-maxWarnings):] {
		text := w.Text
		if w.Cell != "" {
			text = w.Cell + ": " + text
		}
		h.Warnings = append(h.Warnings, render.Clean(text, maxText))
	}
	for key, n := range p.found {
		h.Found = append(h.Found, fmt.Sprintf("%s: %d %s", key[0], n, outcome(key[1], n)))
	}
	slices.Sort(h.Found)
	return h
}

// outcome is what became of n cells.
func outcome(name string, n int) string {
	switch {
	case name == "violation" && n == 1:
		return "cell with violations"
	case name == "violation":
		return "cells with violations"
	case n == 1:
		return "cell " + name
	}
	return "cells " + name
}

// appendName adds a name that is not there yet, up to maxNames.
func appendName(list []string, name string) []string {
	name = render.Clean(name, maxName)
	if len(list) >= maxNames || slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}

// machine is where it ran, in short.
func machine(m *folder.Manifest) string {
	var parts []string
	for _, key := range []string{"cpu", "kernel"} {
		if fact := render.Clean(m.Fact(key), maxName); fact != "" {
			parts = append(parts, fact)
		}
	}
	return strings.Join(parts, ", ")
}

// command is the command as it was given.
func command(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return render.Clean("daxbench "+strings.Join(words, " "), maxText)
}

func when(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// known is what reading a run.json came to.
type known struct {
	head *head
	err  error
}

// head reads run.json of a folder, unless it is as it was last time.
func (s *Server) head(dir string, l *listing) (*head, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	k, ok := s.heads.get(dir, l.stamp)
	if !ok {
		k.head, k.err = s.readHead(dir)
		s.heads.put(dir, l.stamp, k, 1)
	}
	return k.head, k.err
}

func (s *Server) readHead(dir string) (*head, error) {
	f, _, err := s.tree.open(path.Join(dir, folder.ManifestName))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h, err := readHead(f)
	if err != nil {
		return nil, errors.New(render.Clean(err.Error(), maxText)) // it quotes the file
	}
	return h, nil
}
