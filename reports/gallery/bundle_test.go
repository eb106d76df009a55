package gallery

import (
	"slices"
	"strings"
	"testing"

	"daxbench/reports/chart"
	"daxbench/reports/reportstest"
)

// grown is a run of iget-churn over files and workers, with memory from 100,000 files on.
func grown(policies ...string) *reportstest.Spec {
	s := &reportstest.Spec{Rounds: 6, Seed: 7}
	s.Manifest.Plan.Reference = policies[0]
	for i, files := range []string{"1000", "100000", "10000000"} {
		for _, workers := range []string{"1", "2"} {
			for _, policy := range policies {
				c := reportstest.Cell{Workload: "iget-churn", Params: reportstest.Params("files="+files, "theta=0", "workers="+workers), Policy: policy,
					Ops: 5000, Spread: 0.01, Metrics: map[string]float64{"ns/op": 20 * float64(1+i), "ops/s": 1e7}}
				if i > 0 {
					c.Metrics["B/inode"] = 200 - float64(i)
				}
				s.Cells = append(s.Cells, c)
			}
		}
	}
	return s
}

// TestBundles wants one picture of a parameter where one policy was run, with a line for each setting of the others, and one for
// each setting where the policies are what is compared.
func TestBundles(t *testing.T) {
	for _, c := range []struct {
		policies []string
		ids      []string
		lines    []string // of the first
	}{
		{[]string{"dax-only"}, []string{
			"sweep-iget-churn-theta-0-by-files", "sweep-iget-churn-theta-0-by-files-memory",
			"sweep-iget-churn-theta-0-by-workers", "sweep-iget-churn-theta-0-by-workers-memory",
		}, []string{"workers=1", "workers=2"}},
		{[]string{"dax-only", "none"}, []string{
			"sweep-iget-churn-theta-0-workers-1-by-files", "sweep-iget-churn-theta-0-workers-1-by-files-memory",
			"sweep-iget-churn-files-1000-theta-0-by-workers",
			"sweep-iget-churn-theta-0-workers-2-by-files", "sweep-iget-churn-theta-0-workers-2-by-files-memory",
			"sweep-iget-churn-files-100000-theta-0-by-workers", "sweep-iget-churn-files-100000-theta-0-by-workers-memory",
			"sweep-iget-churn-files-10000000-theta-0-by-workers", "sweep-iget-churn-files-10000000-theta-0-by-workers-memory",
		}, []string{"dax-only", "none"}},
	} {
		pictures := only(t, "sweep", written(t, grown(c.policies...), nil))
		var ids, lines []string
		for _, p := range pictures {
			ids = append(ids, p.ID)
		}
		for _, s := range pictures[0].Series {
			lines = append(lines, s.Name)
			if n := len(s.Pieces[0]); n != 3 {
				t.Errorf("%s: %d points", s.Name, n)
			}
		}
		if !slices.Equal(ids, c.ids) || !slices.Equal(lines, c.lines) {
			t.Errorf("%q: %q with the lines %q; want %q with %q", c.policies, ids, lines, c.ids, c.lines)
		}
		p := pictures[0]
		if p.X.Scale != chart.Log || p.Y.Title != "ns/op, less is better" || !strings.Contains(p.Note, "at 3 values of files.") {
			t.Errorf("%+v %+v: %s", p.X, p.Y, p.Note)
		}
		if p = pictures[1]; p.Y.Title != "B/inode, less is better" || len(p.Series[0].Pieces[0]) != 2 ||
			!strings.HasPrefix(p.Title, "iget-churn: memory by files (theta=0") || !strings.Contains(p.Note, "anonymous memory") {
			t.Errorf("%s: %+v: %s", p.Title, p.Y, p.Note)
		}
	}
}
