package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"daxbench/reports/compare"
)

// pastOf is a history of n records of a workload, of which the last began that many days ago.
func pastOf(name string, n, age int) Past {
	p := past(n, false)
	p.Name = name
	for i := range p.Lines[0].Stretches[0].Records {
		r := &p.Lines[0].Stretches[0].Records[i]
		r.When, r.N = time.Date(2026, 11, 26-age-(n-1-i), 12, 0, 0, 0, time.UTC), 6
	}
	return p
}

// TestHistoryBeginsWithWhatIsNew: workloads of the newest record come first, in their order; what was recorded once has a line in a
// table and no chart; and beside each value stands how many rounds it rests on.
func TestHistoryBeginsWithWhatIsNew(t *testing.T) {
	other := pastOf("evict-storm dax=0", 3, 30)
	other.Machine = "other"
	changed := past(16, true)
	changed.Name = "changed"
	for i := range changed.Lines[0].Stretches[0].Records {
		changed.Lines[0].Stretches[0].Records[i].When = time.Date(2026, 10, i+1, 0, 0, 0, 0, time.UTC)
	}
	p := OfHistory(&History{Least: 11, Alpha: 0.01, List: []Past{
		pastOf("once", 1, 2), pastOf("old", 4, 9), changed, pastOf("evict-storm dax=0", 3, 0), pastOf("once again", 1, 0), pastOf("unlink-storm", 3, 0), other,
	}})
	var got []string
	for _, s := range p.Groups {
		got = append(got, fmt.Sprintf("%s: %d charts", s.Title, len(s.Charts)))
	}
	want := "evict-storm dax=0 on box: 1 charts\nunlink-storm on box: 1 charts\nold on box: 1 charts\nchanged on box: 1 charts\n" +
		"evict-storm dax=0 on other: 1 charts\nRecorded once: 0 charts"
	if strings.Join(got, "\n") != want {
		t.Errorf("sections\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if v := p.Verdict[0]; v.Topic != compare.Price || p.Groups[v.Group].Title != "changed on box" || !strings.HasPrefix(v.Text, "changed on box: ") {
		t.Errorf("%+v leads elsewhere", v)
	}
	if !strings.Contains(p.Lead, "7 workloads on 2 machines") {
		t.Errorf("lead %q", p.Lead)
	}
	for _, s := range p.Groups {
		table := s.Tables[0]
		if s.Title == "changed on box" {
			continue // nothing says how many rounds
		}
		if n := table.cell(table.Rows[0][0].Text, "n"); n != "6" {
			t.Errorf("%s: n %q", s.Title, n)
		}
	}
	once := p.Groups[len(p.Groups)-1].Tables[0]
	if len(once.Rows) != 2 || once.Rows[0][1].Text != "once again" || once.Rows[1][1].Text != "once" {
		t.Errorf("recorded once: %v", once.Rows)
	}
	if got := once.cell("box", "value"); got != "50.0 ns" {
		t.Errorf("value %q", got)
	}
}
