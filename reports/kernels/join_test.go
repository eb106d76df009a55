package kernels_test

import (
	"slices"
	"strings"
	"testing"

	"daxbench/reports/kernels"
	"daxbench/reports/reportstest"
)

// of is one kernel with some of the scenarios.
func of(release string, scenarios int) *reportstest.KernelsSpec {
	s := reportstest.Kernels()
	s.Releases, s.FS, s.Scenarios = []string{release}, []string{"xfs", "ext4"}, scenarios
	return s
}

func join(t *testing.T, parts ...kernels.Part) *kernels.Matrix {
	t.Helper()
	m, err := kernels.Join(parts)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func labels(m *kernels.Matrix) (out []string) {
	for _, c := range m.Columns {
		out = append(out, c.Label)
	}
	return out
}

// TestJoin puts three folders side by side. What was not played in one is blank there.
func TestJoin(t *testing.T) {
	old, middle, fresh := read(t, of(reportstest.Releases[0], 9)), read(t, of(reportstest.Releases[1], 4)), read(t, of(reportstest.Releases[4], 9))
	m := join(t, kernels.Part{Matrix: old, Dir: "a"}, kernels.Part{Matrix: middle, Dir: "b"}, kernels.Part{Matrix: fresh, Dir: "c"})
	if got := labels(m); !slices.Equal(got, []string{"6.1 xfs", "6.1 ext4", "6.12 xfs", "6.12 ext4", "7.3 xfs", "7.3 ext4"}) {
		t.Errorf("%q", got)
	}
	if len(m.Rows) != 9 || len(m.Sources) != 3 || m.Columns[5].Source != 2 || len(old.Rows[0].Cells) != 2 {
		t.Errorf("%d rows, %d sources, %+v", len(m.Rows), len(m.Sources), m.Columns[5])
	}
	for i, r := range m.Rows {
		if r.Number != i+1 || len(r.Cells) != 6 || r.Cells[0].Kind != old.Rows[i].Cells[0].Kind || r.Cells[5].Kind != fresh.Rows[i].Cells[1].Kind {
			t.Errorf("row %d: %+v", i, r)
		}
		if played := r.Cells[2].Kind != kernels.Unplayed; played != (i < 4) {
			t.Errorf("row %d of 6.12 was played: %v", i, played)
		}
	}
	if !slices.Contains(m.Notes, "6.12 xfs: 5 of 9 scenarios not played.") {
		t.Errorf("%q", m.Notes)
	}
}

// TestJoinLabels: what somebody called a folder is what its columns are called; columns of one name are told apart.
func TestJoinLabels(t *testing.T) {
	a, b := read(t, of(reportstest.Releases[0], 2)), read(t, of(reportstest.Releases[0], 2))
	both := read(t, small(2, nil))
	for _, tt := range []struct {
		parts []kernels.Part
		want  string
	}{
		{[]kernels.Part{{Matrix: a, Dir: "before"}, {Matrix: b, Dir: "after"}}, "6.1 xfs, 6.1 ext4, after: 6.1 xfs, after: 6.1 ext4"},
		{[]kernels.Part{{Matrix: a, Label: "old", Dir: "x"}, {Matrix: b, Label: "new", Dir: "y"}}, "old xfs, old ext4, new xfs, new ext4"},
		{[]kernels.Part{{Matrix: a, Label: "old"}, {Matrix: b, Label: "old"}}, "old xfs, old ext4, old xfs (2), old ext4 (2)"},
		{[]kernels.Part{{Matrix: both, Label: "mine"}}, "mine: 6.12 xfs, mine: 6.16 xfs"},
	} {
		if got := strings.Join(labels(join(t, tt.parts...)), ", "); got != tt.want {
			t.Errorf("%s; want %s", got, tt.want)
		}
	}
}

// TestJoinOtherSteps: a scenario with other steps is another one, and the notes say so.
func TestJoinOtherSteps(t *testing.T) {
	s := of(reportstest.Releases[4], 2)
	s.Commit = "beef123"
	s.Change = func(doc map[string]any) {
		doc["scenarios"].([]any)[1].(map[string]any)["steps"] = []string{"T1 create F"}
	}
	m := join(t, kernels.Part{Matrix: read(t, of(reportstest.Releases[0], 2))}, kernels.Part{Matrix: read(t, s)})
	if len(m.Rows) != 3 || m.Rows[1].Name != m.Rows[2].Name || m.Rows[1].Cells[2].Kind != kernels.Unplayed || m.Rows[2].Cells[0].Kind != kernels.Unplayed {
		t.Errorf("%+v", m.Rows)
	}
	for _, want := range []string{m.Rows[1].Name + " has other steps in some of the files: it stands here more than once, and the rows do not compare.",
		"The kernels were looked at by daxbench of different commits: 3f2a9c1 and beef123."} {
		if !slices.Contains(m.Notes, want) {
			t.Errorf("no %q in %q", want, m.Notes)
		}
	}
}

func TestJoinTooMany(t *testing.T) {
	m := read(t, of(reportstest.Releases[0], 1))
	if _, err := kernels.Join(slices.Repeat([]kernels.Part{{Matrix: m}}, 33)); err == nil || !strings.Contains(err.Error(), "66 columns are more than the 64") {
		t.Errorf("%v", err)
	}
}
