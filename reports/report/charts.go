package report

import (
	"errors"
	"fmt"
	"slices"

	"daxbench/reports/chart"
	"daxbench/reports/gallery"
)

// ErrCharts says that a page lacks charts, because what the files hold for them cannot be understood.
var ErrCharts = errors.New("charts are missing")

// drawn are the charts of a page.
type drawn struct {
	whole    []*chart.Chart
	groups   [][]*chart.Chart // by group
	kinds    map[*chart.Chart]string
	warnings []string
}

// charts makes the charts of the kinds of these two scopes, for so many groups. The error wraps ErrCharts; what could be
// made is returned with it.
func charts(whole, group gallery.Scope, sources []*gallery.Source, groups int) (*drawn, error) {
	d := &drawn{groups: make([][]*chart.Chart, groups), kinds: make(map[*chart.Chart]string)}
	ids := newNames()
	var missing []error
	miss := func(kind string, err error) {
		d.warnings = append(d.warnings, trim(fmt.Sprintf("The charts of %s are missing: %v", kind, err)))
		missing = append(missing, fmt.Errorf("%s: %w", kind, err))
	}
	for _, k := range gallery.All {
		if k.Scope != whole && k.Scope != group {
			continue
		}
		pictures, err := k.Make(sources)
		if err != nil {
			miss(k.Name, err)
		}
		for _, p := range pictures {
			switch err := p.Check(); {
			case errors.Is(err, chart.ErrEmpty):
				continue
			case err != nil:
				miss(k.Name, err)
				continue
			}
			p.ID = ids.of(p.ID)
			d.kinds[p.Chart] = k.Name
			if p.Group >= 0 && p.Group < groups {
				d.groups[p.Group] = append(d.groups[p.Group], p.Chart)
			} else {
				d.whole = append(d.whole, p.Chart)
			}
		}
	}
	if len(missing) > 0 {
		return d, fmt.Errorf("%w: %w", ErrCharts, errors.Join(missing...))
	}
	return d, nil
}

// Charts are all charts of a page, in the order in which they stand.
func (p *Page) Charts() (out []*chart.Chart) {
	for _, sections := range [][]Section{p.Overview, p.Groups} {
		for i := range sections {
			out = append(out, sections[i].Charts...)
		}
	}
	return out
}

// Kind is the name of the kind that a chart of the page is of, as package gallery has it; empty if it is of none.
func (p *Page) Kind(c *chart.Chart) string { return p.kinds[c] }

// Keep takes all charts from the page but those that keep wants, and the sections that then have nothing left.
func (p *Page) Keep(keep func(*chart.Chart) bool) {
	for _, sections := range []*[]Section{&p.Overview, &p.Groups} {
		for i := range *sections {
			s := &(*sections)[i]
			s.Charts = slices.DeleteFunc(slices.Clone(s.Charts), func(c *chart.Chart) bool { return !keep(c) })
		}
		*sections = slices.DeleteFunc(*sections, func(s Section) bool {
			return len(s.Charts)+len(s.Tables)+len(s.Sentences) == 0
		})
	}
}
