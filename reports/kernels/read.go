package kernels

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"daxbench/reports/folder"
)

// Limits on what is read. Five kernels with three file systems each and 36 scenarios take three megabytes.
const (
	maxSize      = 64 << 20 // bytes of one file
	maxScenarios = 1000
	maxColumns   = 64 // of all files together: more do not stand side by side
)

// ErrSchema means that a file has a version that this package does not read.
var ErrSchema = folder.ErrSchema

// Read reads kernels.json in the folder dir. It returns nil and no error if the folder has none. An error names the file and,
// where there is one, the byte at which it cannot be understood; it wraps ErrSchema if the file is of another version.
func Read(dir string) (*Matrix, error) { return ReadFS(os.DirFS(cmp.Or(dir, ".")), dir) }

// ReadFS is Read for a folder that is the root of a file system; dir is what errors and Source.Dir call it.
func ReadFS(fsys fs.FS, dir string) (*Matrix, error) {
	var f file
	there, err := folder.ReadDocument(fsys, dir, Name, maxSize, Schema, &f)
	if err != nil || !there {
		return nil, err
	}
	m, err := f.matrix(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, Name), err)
	}
	return m, nil
}

// file is kernels.json.
type file struct {
	Tool      string   `json:"tool"`
	Commit    string   `json:"commit"`
	Command   []string `json:"command"`
	Date      string   `json:"date"`
	Scenarios []struct {
		Number int      `json:"number"`
		Name   string   `json:"name"`
		Title  string   `json:"title"`
		Probes string   `json:"probes"`
		Steps  []string `json:"steps"`
	} `json:"scenarios"`
	Columns []struct {
		Label  string     `json:"label"`
		Kernel Kernel     `json:"kernel"`
		Cells  []fileCell `json:"cells"`
	} `json:"columns"`
}

type fileCell struct {
	Outcome struct {
		Kind     string        `json:"kind"`
		Broken   string        `json:"broken"`
		For      time.Duration `json:"for_ns"`
		Why      string        `json:"why"`
		Findings []Finding     `json:"findings"`
	} `json:"outcome"`
	Run    string   `json:"run"`
	Word   string   `json:"word"`
	Lost   string   `json:"lost"`
	Stalls []Stall  `json:"stalls"`
	Log    []string `json:"log"`
	Lines  []string `json:"lines"`
	Replay string   `json:"replay"`
}

// matrix refuses what cannot be told apart or cannot be, and makes the matrix of the rest.
func (f *file) matrix(dir string) (*Matrix, error) {
	if n := len(f.Scenarios); n > maxScenarios {
		return nil, fmt.Errorf("%d scenarios are more than the %d that are read", n, maxScenarios)
	}
	if n := len(f.Columns); n > maxColumns {
		return nil, fmt.Errorf("%d columns are more than the %d that are read", n, maxColumns)
	}
	m := &Matrix{Sources: []Source{{dir, f.Tool, f.Commit, f.Command, f.Date}}}
	for _, s := range f.Scenarios {
		row := Row{Number: s.Number, Name: s.Name, Title: s.Title, Probes: s.Probes, Steps: s.Steps, Cells: make([]Cell, len(f.Columns))}
		if s.Name == "" || s.Number < 0 || m.row(&row) >= 0 {
			return nil, fmt.Errorf("the scenario %.80q stands twice, or has no name, or the number %d", s.Name, s.Number)
		}
		m.Rows = append(m.Rows, row)
	}
	for i, c := range f.Columns {
		col := Column{Label: c.Label, Kernel: c.Kernel}
		col.Group, col.Name = split(c.Label, c.Kernel.Name)
		if c.Label == "" || slices.ContainsFunc(m.Columns, func(o Column) bool { return o.Label == c.Label }) {
			return nil, fmt.Errorf("the column %.80q stands twice, or has no label", c.Label)
		}
		if len(c.Cells) > len(m.Rows) {
			return nil, fmt.Errorf("the column %.80q has %d cells for %d scenarios", c.Label, len(c.Cells), len(m.Rows))
		}
		m.Columns = append(m.Columns, col)
		for k := range c.Cells {
			cell, err := c.Cells[k].cell()
			if err != nil {
				return nil, fmt.Errorf("%.80q on %.80q: %w", m.Rows[k].Name, c.Label, err)
			}
			m.Rows[k].Cells[i] = cell
		}
	}
	m.note()
	return m, nil
}

// split is a label without the name of the directory, and that name: "6.12 xfs (2)" is "6.12" and "xfs (2)".
func split(label, name string) (group, rest string) {
	if i := strings.LastIndex(label, " "+name); name != "" && i > 0 {
		return label[:i], label[i+1:]
	}
	return label, cmp.Or(name, label)
}

// letters are all that an outcome may be said to break.
const letters = "UALRHKXW"

// cell is the cell that was written, if it can be.
func (c *fileCell) cell() (out Cell, err error) {
	o := &c.Outcome
	kind := slices.Index(kinds[NotApplicable:], o.Kind)
	switch {
	case kind < 0:
		return out, fmt.Errorf("%.80q is no outcome; they are %s", o.Kind, strings.Join(kinds[NotApplicable:], ", "))
	case strings.Trim(o.Broken, letters) != "":
		return out, fmt.Errorf("%.80q are no invariants; they are %s", o.Broken, letters)
	case o.For < 0:
		return out, fmt.Errorf("a wait of %v cannot be", o.For)
	}
	out = Cell{
		Kind: NotApplicable + Kind(kind), Word: c.Word, Letters: o.Broken, For: o.For, Run: c.Run, Sentence: o.Why, Findings: o.Findings,
		Stalls: c.Stalls, Log: c.Log, Lines: c.Lines, Replay: c.Replay,
	}
	for i := range c.Stalls {
		if err := c.Stalls[i].check(); err != nil {
			return out, err
		}
	}
	switch {
	case c.Lost != "":
		out.Kind, out.Sentence = Lost, c.Lost
	case c.Word == "" && out.Kind == NotApplicable: // of a matrix that was put together from several
		out.Kind = Unplayed
	}
	if out.Word == "" && out.Kind != Unplayed {
		out.Word = out.Kind.String()
	}
	return out, nil
}

// check refuses what would make a sentence wrong.
func (s *Stall) check() error {
	switch {
	case s.Since < 0 || s.For < 0 || s.Step < 0:
		return fmt.Errorf("a wait from %v on for %v in line %d cannot be", s.Since, s.For, s.Step)
	case s.Kill != "" && s.Kill != killed && s.Kill != ignored:
		return fmt.Errorf("%.80q is nothing that SIGKILL does; it is %q, %q, or was not tried", s.Kill, killed, ignored)
	}
	return nil
}
