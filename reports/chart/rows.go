package chart

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// lines is how many lines the rows of an axis take: one each, and one for each heading.
func (a *Axis) lines() int { return len(a.Names) + len(a.Heads) }

// line is the line that a row stands in, from the top.
func (a *Axis) line(row float64) float64 {
	at := row
	for _, h := range a.Heads {
		if float64(h.Row) <= row {
			at++
		}
	}
	return at
}

// headOf is the heading that a row stands below, empty if there is none.
func (a *Axis) headOf(row int) (name string) {
	for _, h := range a.Heads {
		if h.Row <= row {
			name = h.Name
		}
	}
	return name
}

// above is the height that names above the rows take, in each row; 0 if they have room at the side.
func (c *Chart) above(width vg.Length) vg.Length {
	st := label(baseSize, inkPaint)
	for _, name := range c.Y.Names {
		if c.Y.Scale == Rows && st.Width(legible(name)) > nameShare*width {
			return lineStep
		}
	}
	return 0
}

// saying is the width of what is said at the ends of rows; 0 if that takes too much of a width, and is left out.
func (c *Chart) saying(width vg.Length) (wide vg.Length) {
	st := label(baseSize, inkPaint)
	for _, s := range c.Y.Said {
		wide = max(wide, st.Width(legible(s))+gap)
	}
	if wide > saidShare*width {
		return 0
	}
	return wide
}

// rowsHeight is what suits the rows of a chart in a width.
func (c *Chart) rowsHeight(width vg.Length) vg.Length {
	const share = 0.6 // of a row that a series takes where it is not alone
	one := vg.Length(rowHeight)
	if len(c.Y.Heads) > 0 {
		one = tightRow
	}
	return vg.Length(c.Y.lines()) * (one*max(1, share*vg.Length(c.crowd())) + c.above(width))
}

// crowd is how many series have points in one row at most.
func (c *Chart) crowd() (most int) {
	for _, series := range c.rows() {
		most = max(most, len(series))
	}
	return most
}

// rows returns, for each row, the series that have points in it.
func (c *Chart) rows() [][]int {
	rows := make([][]int, len(c.Y.Names))
	for i, s := range c.Series {
		for _, piece := range s.Pieces {
			for _, p := range piece {
				if in := rows[int(p.Y)]; len(in) == 0 || in[len(in)-1] != i {
					rows[int(p.Y)] = append(in, i)
				}
			}
		}
	}
	return rows
}

// band is the height of a line, or of a row with its name.
func (p *picture) band() vg.Length { return p.plot.Size().Y / vg.Length(max(p.Y.lines(), 1)) }

// row is the height of what is measured in a row.
func (p *picture) row() vg.Length { return max(p.band()-p.name, 1) }

// top is the upper end of a line.
func (p *picture) top(line float64) vg.Length { return p.plot.Max.Y - vg.Length(line)*p.band() }

// between draws lines between rows where several series share one, or their names stand in them, and else above headings.
func (p *picture) between() {
	if p.Y.Scale != Rows {
		return
	}
	rule := func(y vg.Length) { p.plot.StrokeLine2(thin, p.area.Min.X, y, p.area.Max.X, y) }
	for _, h := range p.Y.Heads {
		rule(p.top(p.Y.line(float64(h.Row)) - 1))
	}
	if p.name == 0 && p.crowd() < 2 {
		return
	}
	for i := range p.Y.Names {
		if i > 0 {
			rule(p.top(p.Y.line(float64(i))))
		}
	}
}

// rowNames writes headings, the names that stand above their rows, and what is said of rows.
func (p *picture) rowNames() {
	st := label(baseSize, inkPaint)
	head := st
	head.Font.Weight = bold
	for _, h := range p.Y.Heads {
		y := p.top(p.Y.line(float64(h.Row))-1) - (p.band()-baseSize)/2
		p.written(head, vg.Point{X: p.area.Min.X, Y: y}, fit(head, h.Name, p.area.Size().X))
	}
	for i, name := range p.Y.Names {
		if p.name > 0 {
			p.written(st, vg.Point{X: p.area.Min.X, Y: p.top(p.Y.line(float64(i))) - 2}, fit(st, name, p.area.Size().X))
		}
	}
	if p.said == 0 || p.band() < lineStep-1 {
		return
	}
	st.YAlign = draw.YCenter
	for i, s := range p.Y.Said {
		p.area.FillText(st, vg.Point{X: p.plot.Max.X + gap, Y: p.atY(float64(i)) + lift}, fit(st, s, p.said))
	}
}
