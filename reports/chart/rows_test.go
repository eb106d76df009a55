package chart

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"daxbench/reports/unit"
)

// headed is a forest of n groups of the default set of policies.
func headed(n int) *Chart {
	c := &Chart{ID: "headed", Title: "Cost against none", Note: "Medians of 6 rounds with 95 % intervals.",
		X: Axis{Title: "cost against none, less is better", Scale: Log, Kind: unit.Relative}, Y: Axis{Title: "policy", Scale: Rows},
		Marks: []Mark{{At: 1, Label: "none", Series: Everyone}}}
	for _, name := range names[1:] {
		c.Series = append(c.Series, Series{Name: name, Look: LookOf(name), Style: Dots, Pieces: [][]Point{nil}})
	}
	for g := range n {
		c.Y.Heads = append(c.Y.Heads, Head{len(c.Y.Names), fmt.Sprintf("evict-storm dax=%d", g)})
		for i, name := range names[1:] {
			r := 1 + 0.02*float64(i*(g+1))
			c.Series[i].Pieces[0] = append(c.Series[i].Pieces[0], Point{X: r, Y: float64(len(c.Y.Names)), Lo: r * 0.97, Hi: r * 1.04})
			c.Y.Names, c.Y.Said = append(c.Y.Names, name), append(c.Y.Said, unit.Ratio(r)+", dearer")
		}
	}
	return c
}

// TestHeadings wants each row in a line of its own below its heading, no legend where the rows have the names, what is said
// of rows where there is room, and a picture that is shorter than one with the whole name above each row.
func TestHeadings(t *testing.T) {
	c := headed(12)
	lines := make(map[float64]bool)
	for i := range c.Y.Names {
		at := c.Y.line(float64(i))
		if lines[at] || at != float64(i+i/3+1) {
			t.Errorf("row %d in line %v", i, at)
		}
		lines[at] = true
	}
	if c.Y.headOf(2) != "evict-storm dax=0" || c.Y.headOf(3) != "evict-storm dax=1" || c.Y.headOf(noRow) != "" {
		t.Errorf("%q, %q", c.Y.headOf(2), c.Y.headOf(3))
	}
	if c.named() {
		t.Error("the rows name the policies, and so does a legend")
	}
	apart := headed(12)
	for i := range apart.Y.Names {
		apart.Y.Names[i] = apart.Y.headOf(i) + " · a-policy-with-a-long-name: " + apart.Y.Said[i]
	}
	apart.Y.Heads, apart.Y.Said = nil, nil
	for _, width := range []int{360, 800, 1280} {
		var b bytes.Buffer
		if err := SVG(&b, width, c); err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]int{">evict-storm dax=7<": 1, ">dax-only<": 12, ">+22 %, dearer<": 1} {
			if n := strings.Count(b.String(), text); n != want {
				t.Errorf("%d: %d times %s, want %d", width, n, text, want)
			}
		}
		if a, b := c.Size(width).Height, apart.Size(width).Height; width < 800 && float64(a) > 0.7*float64(b) {
			t.Errorf("%d: %d high, and with names in full %d", width, a, b)
		}
	}
	c.Y.Said[0] = strings.Repeat("wide ", 50)
	if c.saying(800) != 0 {
		t.Error("what is said takes the room of what is measured")
	}
}
