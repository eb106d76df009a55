package chart

import (
	"math"
	"strconv"
	"strings"
	"time"

	"daxbench/reports/unit"
)

// Tick is a place on an axis that is labelled.
type Tick struct {
	At    float64
	Label string
}

// Ticks returns the places within a range that a person would label, at least two if there are any, and about most at
// most: round numbers on a linear axis, powers of ten and their simple multiples on a logarithmic one, and days, weeks,
// months or years on one of dates.
func (a *Axis) Ticks(r Range, most int) []Tick {
	at, apart := []float64(nil), false // far enough from each other to be written each in its own unit
	switch a.Scale {
	case Date:
		return dates(r, most)
	case Percentile:
		return percentiles(r, most)
	case Rows:
		return a.some(r, most)
	case Log:
		at, apart = decades(r, most)
	default:
		at = steps(r, most)
	}
	labels := unit.Ticks(at, a.Kind)
	out := make([]Tick, len(at))
	for i, v := range at {
		if apart && a.Kind != unit.Relative {
			labels[i] = unit.Ticks(at[i:i+1], a.Kind)[0]
		}
		out[i] = Tick{v, labels[i]}
	}
	return out
}

// steps returns multiples of 1, 2 or 5 times a power of ten.
func steps(r Range, most int) (at []float64) {
	rough := (r.Hi - r.Lo) / float64(max(most, 1))
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	step := 10 * power
	for _, m := range []float64{1, 2, 5} {
		if m*power >= rough*(1-1e-9) { // 1e-9: far above rounding, far below what is seen
			step = m * power
			break
		}
	}
	for i := math.Ceil(r.Lo / step); i*step <= r.Hi; i++ {
		at = append(at, i*step)
	}
	return at
}

// decades returns powers of ten, with 2 and 5 between if few, or every few of them if many; they are apart. Less than
// a decade has steps as a linear axis, which are not.
func decades(r Range, most int) (at []float64, apart bool) {
	from, to := math.Floor(math.Log10(r.Lo)), math.Ceil(math.Log10(r.Hi))
	within := func(every float64, multiples ...float64) (at []float64) {
		for e := from; e <= to; e += every {
			for _, m := range multiples {
				if v := m * math.Pow(10, e); v >= r.Lo && v <= r.Hi {
					at = append(at, v)
				}
			}
		}
		return at
	}
	if at = within(1, 1, 2, 5); len(at) <= most {
		if len(at) < 3 {
			return steps(r, most), false
		}
		return at, true
	}
	for every := 1.0; ; every++ {
		if at = within(every, 1); len(at) <= most {
			return at, true
		}
	}
}

// calendar are the distances that dates are labelled at, ascending: so many days or months. Weeks begin on Mondays.
var calendar = []struct {
	days, months int
	layout       string
}{
	{1, 0, "2 Jan"}, {2, 0, "2 Jan"}, {7, 0, "2 Jan"}, {14, 0, "2 Jan"},
	{0, 1, "Jan 2006"}, {0, 2, "Jan 2006"}, {0, 3, "Jan 2006"}, {0, 6, "Jan 2006"},
	{0, 12, "2006"}, {0, 24, "2006"}, {0, 60, "2006"}, {0, 120, "2006"}, {0, 240, "2006"}, {0, 600, "2006"},
	{0, 1200, "2006"}, {0, 2400, "2006"}, {0, 6000, "2006"}, {0, 12000, "2006"},
}

// dates returns the first days of periods, by the shortest period that gives most at most. The first label of days in
// each year says the year.
func dates(r Range, most int) (out []Tick) {
	from, to := time.Unix(int64(math.Ceil(r.Lo)), 0).UTC(), time.Unix(int64(r.Hi), 0).UTC()
	for _, c := range calendar {
		const monthDays = 30
		if length := float64(c.days+c.months*monthDays) * day; (r.Hi-r.Lo)/length > float64(most)+1 {
			continue // would be long to list
		}
		out = out[:0]
		year := 0
		for t := firstOf(from, c.days, c.months); !t.After(to); t = t.AddDate(0, c.months, c.days) {
			if t.Before(from) {
				continue
			}
			layout := c.layout
			if c.days > 0 && t.Year() != year {
				layout += " 2006"
			}
			year = t.Year()
			out = append(out, Tick{float64(t.Unix()), t.Format(layout)})
		}
		if len(out) <= most {
			break
		}
	}
	return out
}

// firstOf returns the start of the period that t lies in, or an earlier one.
func firstOf(t time.Time, days, months int) time.Time {
	if months == 0 {
		const monday = 4 // 5 January 1970 was one
		n := int(math.Floor(float64(t.Unix())/day)) - monday
		return time.Unix(int64(n-((n%days)+days)%days+monday)*day, 0).UTC()
	}
	month := t.Year()*12 + int(t.Month()) - 1
	return time.Date(0, time.Month(month-month%months+1), 1, 0, 0, 0, 0, time.UTC)
}

// percentiles returns the median and as many nines as the range has; if these are too many, every few of them, with
// the last.
func percentiles(r Range, most int) (out []Tick) {
	at := []float64{2}
	for v := 10.0; v <= min(r.Hi, mostNines)*(1+1e-9); v *= 10 {
		at = append(at, v)
	}
	every := 1
	for len(at) > max(most, 1)*every {
		every++
	}
	for i := (len(at) - 1) % every; i < len(at); i += every {
		if at[i] >= r.Lo && at[i] <= r.Hi {
			out = append(out, Tick{at[i], percentile(at[i])})
		}
	}
	if len(out) == 0 {
		return []Tick{{r.Lo, percentile(r.Lo)}}
	}
	return out
}

// mostNines is the last percentile that a float64 tells from the next: p99.99999999999.
const mostNines = 1e13

// some returns the names of rows, or every few of them if there are too many for the room.
func (a *Axis) some(r Range, most int) (out []Tick) {
	every := 1
	for a.lines() > max(most, 1)*every {
		every++
	}
	for i := 0; i < len(a.Names); i += every {
		if v := float64(i); v >= r.Lo && v <= r.Hi {
			out = append(out, Tick{v, a.Names[i]})
		}
	}
	return out
}

// percentile writes a value of a Percentile axis: 1000 is p99.9.
func percentile(v float64) string {
	const most = 12
	digits := min(int(math.Log10(v))+1, most)
	q := strconv.FormatFloat(100*(1-1/v), 'f', digits, 64)
	return "p" + strings.TrimRight(strings.TrimRight(q, "0"), ".")
}
