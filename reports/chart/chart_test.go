package chart

import (
	"errors"
	"math"
	"strings"
	"testing"

	"daxbench/reports/unit"
)

// one is a chart of one series.
func one(scale Scale, points ...Point) *Chart {
	return &Chart{Title: "one", Y: Axis{Scale: scale, Kind: unit.Nanos}, Series: []Series{{Name: "s", Pieces: [][]Point{points}}}}
}

func TestCheck(t *testing.T) {
	good := one(Log, Point{X: 1, Y: 2, Lo: 1, Hi: 3}, Point{X: -2, Y: 2})
	good.Marks = []Mark{{At: 1, Label: "a", Series: 0}, {At: 2, Label: "b", Series: Everyone}}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	if err := one(Linear, Point{X: 1, Y: -2}).Check(); err != nil {
		t.Errorf("a negative value on a linear axis: %v", err)
	}
	rows := func(p Point, spans ...Span) *Chart {
		c := one(Rows, p)
		c.Y.Names, c.Series[0].Spans = []string{"a", "b"}, spans
		return c
	}
	if err := rows(Point{X: 5, Y: 1, Lo: 4, Hi: 6}, Span{0, 1, 1}).Check(); err != nil {
		t.Errorf("an interval along a row: %v", err)
	}
	grid := func(x, y []float64, counts ...[]float64) *Chart { return &Chart{Grid: &Grid{x, y, counts}} }
	if err := grid([]float64{0, 1, 3}, []float64{1, 2}, []float64{0}, []float64{4}).Check(); err != nil {
		t.Errorf("a grid: %v", err)
	}
	headed := func(said []string, heads ...Head) *Chart {
		c := rows(Point{X: 5, Y: 1})
		c.Y.Said, c.Y.Heads = said, heads
		return c
	}
	if err := headed([]string{"a", "b"}, Head{0, "x"}, Head{1, "y"}).Check(); err != nil {
		t.Errorf("rows below headings: %v", err)
	}
	nines := one(Linear, Point{X: 0.5, Y: 1})
	nines.X.Scale = Percentile
	sideways := one(Linear, Point{X: 0, Y: 1})
	sideways.X = Axis{Scale: Rows, Names: []string{"a"}}
	named := one(Linear, Point{X: 0, Y: 1})
	named.ID = "../x"
	marked := func(m Mark) *Chart {
		c := one(Linear, Point{X: 1, Y: 1})
		c.Marks = []Mark{m}
		return c
	}
	for name, c := range map[string]struct {
		chart *Chart
		is    error
	}{
		"a heading of no row":       {headed(nil, Head{0, "a"}, Head{2, "b"}), ErrValue},
		"two headings of a row":     {headed(nil, Head{1, "a"}, Head{1, "b"}), ErrValue},
		"words of too few rows":     {headed([]string{"a"}), ErrValue},
		"no points":                 {one(Linear), ErrEmpty},
		"no series":                 {&Chart{}, ErrEmpty},
		"a zero on a log axis":      {one(Log, Point{X: 1, Y: 0}), ErrValue},
		"a negative on a log axis":  {one(Log, Point{X: 1, Y: -1}), ErrValue},
		"a bar to zero on log axis": {one(Log, Point{X: 1, Y: 1, Lo: 0, Hi: 2}), ErrValue},
		"NaN":                       {one(Linear, Point{X: 1, Y: math.NaN()}), ErrValue},
		"NaN in X":                  {one(Linear, Point{X: math.NaN(), Y: 1}), ErrValue},
		"infinite":                  {one(Linear, Point{X: 1, Y: math.Inf(1)}), ErrValue},
		"infinite bar":              {one(Linear, Point{X: 1, Y: 1, Lo: 0.5, Hi: math.Inf(1)}), ErrValue},
		"outside its interval":      {one(Linear, Point{X: 1, Y: 1, Lo: 2, Hi: 3}), ErrValue},
		"a mark nowhere":            {marked(Mark{At: math.NaN(), Series: Everyone}), ErrValue},
		"a mark of nobody":          {marked(Mark{At: 1, Series: 1}), ErrValue},
		"a level nowhere":           {marked(Mark{At: math.Inf(-1), Series: Everyone, Level: true}), ErrValue},
		"no such row":               {rows(Point{X: 1, Y: 2}), ErrValue},
		"half a row":                {rows(Point{X: 1, Y: 0.5}), ErrValue},
		"outside its interval in X": {rows(Point{X: 1, Y: 1, Lo: 2, Hi: 3}), ErrValue},
		"a span in no row":          {rows(Point{X: 1, Y: 1}, Span{-1, 0, 1}), ErrValue},
		"a span that ends before":   {rows(Point{X: 1, Y: 1}, Span{0, 2, 1}), ErrValue},
		"a span without end":        {rows(Point{X: 1, Y: 1}, Span{0, 2, math.Inf(1)}), ErrValue},
		"rows in X":                 {sideways, ErrValue},
		"before all percentiles":    {nines, ErrValue},
		"an empty grid":             {grid([]float64{0, 1}, []float64{0, 1}, []float64{0}), ErrEmpty},
		"a grid without edges":      {grid(nil, nil), ErrValue},
		"edges out of order":        {grid([]float64{0, 1}, []float64{1, 1}, []float64{1}), ErrValue},
		"a column too many":         {grid([]float64{0, 1}, []float64{0, 1}, []float64{1}, []float64{1}), ErrValue},
		"a cell too few":            {grid([]float64{0, 1}, []float64{0, 1, 2}, []float64{1}), ErrValue},
		"a negative count":          {grid([]float64{0, 1}, []float64{0, 1}, []float64{-1}), ErrValue},
		"a count that is none":      {grid([]float64{0, 1}, []float64{0, 1}, []float64{math.NaN()}), ErrValue},
		"an ID that is a path":      {named, ErrName},
	} {
		if err := c.chart.Check(); !errors.Is(err, c.is) {
			t.Errorf("%s: %v, want %v", name, err, c.is)
		}
		if err := Draw(new(strings.Builder), DefaultSize, c.chart); !errors.Is(err, c.is) {
			t.Errorf("%s: drawn with %v", name, err)
		}
	}
}

func TestBounds(t *testing.T) {
	c := one(Linear, Point{X: 0, Y: 100, Lo: 90, Hi: 140}, Point{X: 10, Y: 120})
	c.Marks = []Mark{{At: 20, Series: Everyone}}
	x, y := c.Bounds()
	if x != (Range{-1, 21}) || y != (Range{87.5, 142.5}) {
		t.Errorf("%v, %v", x, y)
	}
	rows := one(Rows, Point{X: 10, Y: 1, Lo: 5, Hi: 30})
	rows.Y.Names, rows.Series[0].Spans = []string{"a", "b", "c"}, []Span{{0, -20, 10}}
	rows.Marks = []Mark{{At: 80, Series: Everyone}}
	if x, y := rows.Bounds(); x != (Range{-25, 85}) || y != (Range{-0.5, 2.5}) {
		t.Errorf("rows: %v, %v", x, y)
	}
	rows.Series[0].Spans[0].From = 0
	if x, _ := rows.Bounds(); x != (Range{0, 84}) {
		t.Errorf("bars: %v", x)
	}
	heat := &Chart{Y: Axis{Scale: Log}, Grid: &Grid{X: []float64{0, 5}, Y: []float64{16, 32}, Counts: [][]float64{{1}}}}
	if x, y := heat.Bounds(); x != (Range{0, 5}) || y != (Range{16, 32}) {
		t.Errorf("a grid: %v, %v", x, y)
	}
	level := one(Linear, Point{X: 1, Y: 10})
	level.X.Scale, level.Marks = Percentile, []Mark{{At: 20, Level: true, Series: Everyone}}
	if x, y := level.Bounds(); x != (Range{1, 1.2}) || y != (Range{9.5, 20.5}) {
		t.Errorf("a level: %v, %v", x, y)
	}
	for name, c := range map[string]*Chart{ // ranges of next to nothing are widened about their middle
		"noise":       one(Linear, Point{X: 0, Y: 100}, Point{X: 1, Y: 101}),
		"one value":   one(Linear, Point{X: 0, Y: 100}),
		"zero":        one(Linear, Point{X: 0, Y: 0}),
		"one on log":  one(Log, Point{X: 0, Y: 100}),
		"tiny on log": one(Log, Point{X: 0, Y: 1e-12}, Point{X: 1, Y: 1e-11}),
	} {
		_, y := c.Bounds()
		first := c.Series[0].Pieces[0][0].Y
		if !(y.Lo < first && y.Hi > first) || c.Y.Scale == Log && y.Lo <= 0 {
			t.Errorf("%s: %v", name, y)
		}
		if name == "noise" && y.Hi-y.Lo < 20 {
			t.Errorf("a per cent of noise fills the picture: %v", y)
		}
	}
}
