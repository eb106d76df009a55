package record

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daxbench/workloads/driver"
)

// damages are what makes a manifest of two whole rounds one that is refused, and what the refusal names.
var damages = []struct {
	name, want string
	damage     func(*Manifest)
}{
	{"no environment", "no environment", func(m *Manifest) { m.Environment = nil }},
	{"no harness", "no harness", func(m *Manifest) { m.Harness = nil }},
	{"another seed", "its seed is 6, but seed 5 was asked for", func(m *Manifest) { m.Seed++ }},
	{"other rounds", "its plan has 7 rounds, but 6 were asked for", func(m *Manifest) { m.Plan.Rounds++ }},
	{"no rounds", "its plan has 0 rounds", func(m *Manifest) { m.Plan.Rounds, m.Request.Rounds = 0, 0 }},
	{"no plan", "its plan has no cells", func(m *Manifest) { m.Plan.Groups = nil }},
	{"no workload", `its plan has a group of "", which`, func(m *Manifest) { m.Plan.Groups[0].Workload = "" }},
	{"a cell less", "round 1 lacks the cell TestStorm/dax=50/workers=2/policy=none", func(m *Manifest) { m.Cells = slices.Delete(m.Cells, 2, 3) }},
	{"the last cell less", "round 2 lacks the cell TestStorm/dax=50/workers=2/policy=dax-only", func(m *Manifest) { m.Cells = m.Cells[:7] }},
	{"a cell twice", "round 2 has the cell TestStorm/dax=0/workers=2/policy=none twice", func(m *Manifest) { m.Cells[5] = m.Cells[4] }},
	{"a cell more", "round 2 has the cell TestStorm/dax=50/workers=2/policy=dax-only twice", func(m *Manifest) { m.Cells = append(m.Cells, m.Cells[7]) }},
	{"a strange cell", `round 1 has a cell that was not planned: "Odd"`, func(m *Manifest) { m.Cells[0].Name = "Odd" }},
	{"another policy", "is of test-storm under dax-only", func(m *Manifest) { m.Cells[0].Policy = "dax-only" }},
	{"other parameters", "under none with []", func(m *Manifest) { m.Cells[0].Params = nil }},
	{"no outcome", `has the outcome ""`, func(m *Manifest) { m.Cells[0].Outcome = "" }},
	{"a gap", "round 2 is missing", func(m *Manifest) { renumber(m.Cells[4:], 3) }},
	{"no first round", "round 1 is missing", func(m *Manifest) { m.Cells = m.Cells[4:] }},
	{"no number", "has a cell in round 0", func(m *Manifest) { renumber(m.Cells[:4], 0) }},
	{"disorder", "round 1 stands behind round 2", func(m *Manifest) { m.Cells = append(m.Cells, m.Cells[0]) }},
	{"too many rounds", "round 2 is one more than were planned", func(m *Manifest) { m.Plan.Rounds, m.Request.Rounds = 1, 1 }},
}

func renumber(cells []Record, round int) {
	for i := range cells {
		cells[i].Round = round
	}
}

// TestDamage wants a run that cannot be continued to be refused, for what is wrong with it, and to be left as it is.
func TestDamage(t *testing.T) {
	p := plan(t, 6)
	f := create(t, p)
	for round := 1; round <= 2; round++ {
		if err := f.Add(results(p, round)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.End(Interrupted); err != nil {
		t.Fatal(err)
	}
	whole := read(t, f, ManifestName)
	f.Close()
	path := filepath.Join(f.Dir(), ManifestName)
	for _, d := range damages {
		t.Run(d.name, func(t *testing.T) {
			var m Manifest
			if err := json.Unmarshal([]byte(whole), &m); err != nil {
				t.Fatal(err)
			}
			d.damage(&m)
			text, err := json.Marshal(&m)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, text, 0o666); err != nil {
				t.Fatal(err)
			}
			_, err = Resume(f.Dir())
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), d.want) {
				t.Errorf("%v; want %q", err, d.want)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != string(text) {
				t.Errorf("it has changed: %v", err)
			}
		})
	}
	if err := os.WriteFile(path, []byte(whole), 0o666); err != nil {
		t.Fatal(err)
	}
	again, err := Resume(f.Dir())
	if err != nil {
		t.Fatalf("the whole one: %v", err)
	}
	again.Close()
}

// TestOutcomesAreAccepted continues after rounds in which not everything went well.
func TestOutcomesAreAccepted(t *testing.T) {
	p := plan(t, 6)
	f := create(t, p)
	list := results(p, 1)
	for i, o := range []string{driver.Hung, driver.Violation, driver.Failed} {
		list[i].Outcome = o
	}
	if err := f.Add(list); err != nil {
		t.Fatal(err)
	}
	f.Close()
	again, err := Resume(f.Dir())
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

// TestNulls takes each field of run.json away in turn: the run is refused as damaged, or can be continued.
func TestNulls(t *testing.T) {
	p := plan(t, 6)
	f := create(t, p)
	if err := f.Add(results(p, 1)); err != nil {
		t.Fatal(err)
	}
	whole := read(t, f, ManifestName)
	f.Close()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(whole), &fields); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for key, value := range fields {
		fields[key] = json.RawMessage("null")
		text, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		fields[key] = value
		if err := os.WriteFile(filepath.Join(f.Dir(), ManifestName), text, 0o666); err != nil {
			t.Fatal(err)
		}
		again, err := Resume(f.Dir())
		if err != nil {
			refused++
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: %v", key, err)
			}
			continue
		}
		if err := errors.Join(again.Continue(), again.Add(results(p, again.Rounds()+1)), again.Close()); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	if want := 6; refused != want { // schema, seed, request, plan, environment, harness
		t.Errorf("%d fields are missed, want %d", refused, want)
	}
}
