package chart

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
	"testing"
)

// writing is a text of a picture and the box that its letters fill, in CSS pixels.
type writing struct {
	text                     string
	left, right, top, bottom float64
}

// writings returns all texts of a picture, and its size.
func writings(t *testing.T, svg []byte) (list []writing, width, height float64) {
	t.Helper()
	var root struct {
		ViewBox string `xml:"viewBox,attr"`
		Texts   []struct {
			X    float64 `xml:"x,attr"`
			Y    float64 `xml:"y,attr"`
			Wide float64 `xml:"textLength,attr"`
			Size float64 `xml:"font-size,attr"`
			Text string  `xml:",chardata"`
		} `xml:"text"`
	}
	if err := xml.NewDecoder(bytes.NewReader(svg)).Decode(&root); err != nil {
		t.Fatal(err)
	}
	box := strings.Fields(root.ViewBox)
	width, _ = strconv.ParseFloat(box[2], 64)
	height, _ = strconv.ParseFloat(box[3], 64)
	for _, w := range root.Texts {
		if w.Size == 0 {
			w.Size = baseSize * cssPerPoint
		}
		const capital, descent = 0.72, 0.18 // of the size
		list = append(list, writing{w.Text, w.X, w.X + w.Wide, w.Y - capital*w.Size, w.Y + descent*w.Size})
	}
	return list, width, height
}

// overlap says whether two texts run into each other.
func (w writing) overlap(o writing) bool {
	const touch = 0.2 // pixels: what rounding makes
	return w.left < o.right-touch && o.left < w.right-touch && w.top < o.bottom-touch && o.top < w.bottom-touch
}

// TestTextsStandApart wants, of every demo in every width from a small phone on, all text within the picture and none
// in another.
func TestTextsStandApart(t *testing.T) {
	for _, c := range demos() {
		for _, width := range []int{320, 360, 420, 560, 760, 1280} {
			list, right, bottom := writings(t, drawn(t, width, c))
			if len(list) < 4 {
				t.Errorf("%s in %d: %d texts", c.ID, width, len(list))
			}
			for i, w := range list {
				if w.left < 0 || w.right > right || w.top < 0 || w.bottom > bottom {
					t.Errorf("%s in %d: %q leaves the picture: %+v", c.ID, width, w.text, w)
				}
				for _, o := range list[:i] {
					if w.overlap(o) {
						t.Errorf("%s in %d: %q runs into %q", c.ID, width, w.text, o.text)
					}
				}
			}
		}
	}
}

// TestMarksStandApart gives one place many marks, and places at the edges long ones.
func TestMarksStandApart(t *testing.T) {
	c := step()
	for range 30 {
		c.Marks = append(c.Marks, c.Marks[1])
	}
	first, last := c.Series[0].Pieces[0][0].X, c.Series[0].Pieces[1][2].X
	for _, at := range []float64{first, last} {
		c.Marks = append(c.Marks, Mark{At: at, Label: "a label of some length at the edge", Series: Everyone})
	}
	c.Marks = append(c.Marks, Mark{At: 100, Level: true, Label: "a level", Series: 0}, Mark{At: 100.5, Level: true, Label: "another level", Series: 1})
	for _, width := range []int{320, 760} {
		list, right, bottom := writings(t, drawn(t, width, c))
		labels := 0
		for i, w := range list {
			if strings.HasPrefix(w.text, "dax-only +") || strings.HasPrefix(w.text, "a label") || strings.HasSuffix(w.text, " level") {
				labels++
			}
			if w.left < 0 || w.right > right || w.top < 0 || w.bottom > bottom {
				t.Errorf("%d: %q leaves the picture", width, w.text)
			}
			for _, o := range list[:i] {
				if w.overlap(o) {
					t.Errorf("%d: %q runs into %q", width, w.text, o.text)
				}
			}
		}
		if labels < 8 {
			t.Errorf("%d: %d labels of 36", width, labels)
		}
	}
}

// TestSizes wants a chart to grow with its rows, and with a legend that takes more lines.
func TestSizes(t *testing.T) {
	few, many := forest(), forest()
	for range 20 {
		many.Y.Names = append(many.Y.Names, "one more")
	}
	if a, b := few.Size(760), many.Size(760); a.Width != 760 || b.Height < a.Height+20*rowHeight {
		t.Errorf("%v, and with 20 rows more %v", a, b)
	}
	if a, b := demos()[0].Size(320), demos()[1].Size(320); b.Height <= a.Height {
		t.Errorf("4 names take %v, 22 take %v", a, b)
	}
	endless := forest()
	endless.Y.Names = make([]string, 1<<16)
	if s := endless.Size(760); s.Height > maxSide {
		t.Errorf("65,536 rows take %v", s)
	}
}

// TestOneRow wants a single row to be drawn, with its name at the side or above, a mark or none, in all widths.
func TestOneRow(t *testing.T) {
	for _, name := range []string{"short", strings.Repeat("a long name ", 6)} {
		for _, marks := range [][]Mark{nil, {{At: 1, Label: "as none", Series: Everyone}}} {
			c := forest()
			c.Y.Names, c.Marks = []string{name}, marks
			c.Series = []Series{{Name: "none", Style: Dots, Pieces: [][]Point{{{X: 3, Y: 0}}}}}
			for _, width := range []int{320, 760, 1280} {
				const dots = 2 // that of the legend is the other one
				if n := strings.Count(string(drawn(t, width, c)), "stroke-linecap"); n != dots {
					t.Errorf("%.10s, %d marks, in %d: %d dots", name, len(marks), width, n)
				}
			}
		}
	}
}
