package litmus

import (
	"encoding/json"
	"io"
	"slices"

	"daxbench/engine/target"
)

// schema is the version of what JSON writes.
const schema = 1

// JSON writes all that is known, for programs; the stories only if asked for.
func (m *Matrix) JSON(w io.Writer, stories bool) error {
	type scenario struct {
		Number int      `json:"number,omitempty"`
		Name   string   `json:"name"`
		Title  string   `json:"title"`
		Origin string   `json:"origin,omitempty"`
		Probes string   `json:"probes"`
		Blames string   `json:"blames,omitempty"`
		Steps  []string `json:"steps"`
	}
	type policy struct {
		Policy     string          `json:"policy"`
		ID         string          `json:"id,omitempty"`
		Declared   string          `json:"declared"`
		MayHang    bool            `json:"may_hang"`
		Broken     string          `json:"broken"`
		Differs    string          `json:"differs,omitempty"`
		Invariants map[string]Mark `json:"invariants"`
		Cells      []Cell          `json:"cells"`
	}
	doc := struct {
		Schema     int        `json:"schema"`
		Full       bool       `json:"full"`
		Kernel     string     `json:"kernel,omitempty"`
		AsDeclared bool       `json:"as_declared"`
		Scenarios  []scenario `json:"scenarios"`
		Policies   []policy   `json:"policies"`
	}{Schema: schema, Full: m.Full, Kernel: m.Kernel, AsDeclared: m.AsDeclared()}
	for _, e := range m.Scenarios {
		s := scenario{Number: e.Number, Name: e.Name, Title: e.Title, Origin: e.Origin, Probes: e.Probes}
		if !Charged(e.Scenario) {
			s.Blames = e.Blames.String()
		}
		for i := range e.Steps {
			s.Steps = append(s.Steps, e.Steps[i].String())
		}
		doc.Scenarios = append(doc.Scenarios, s)
	}
	for i, r := range m.Rows {
		p := policy{Policy: r.Policy, ID: r.ID, Declared: r.Declared, MayHang: r.MayHang, Broken: m.Broken(i), Differs: m.Differs(i), Cells: r.Cells, Invariants: make(map[string]Mark)}
		for _, inv := range target.Invariants {
			p.Invariants[string(inv)], _ = m.Mark(i, string(inv))
		}
		if !stories {
			p.Cells = withoutStories(r.Cells)
		}
		doc.Policies = append(doc.Policies, p)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(doc)
}

// MarshalText makes JSON say the word.
func (k Mark) MarshalText() ([]byte, error) {
	return []byte([...]string{"not probed", "kept", "broken"}[k]), nil
}

func withoutStories(cells []Cell) []Cell {
	cells = slices.Clone(cells)
	for i := range cells {
		cells[i].Runs = slices.Clone(cells[i].Runs)
		for k := range cells[i].Runs {
			cells[i].Runs[k].Story = nil
		}
	}
	return cells
}
