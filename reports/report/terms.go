package report

import (
	"slices"
	"strings"

	"daxbench/reports/chart"
	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/gallery"
	"daxbench/reports/unit"
)

// Term is a word that a reader may not know, with what it stands for.
type Term struct {
	Name, About string
	Look        chart.Look // of the policy that it names; zero for none
}

// words are the three that everything else is told in, for who does not come from kernels.
var words = []Term{
	{Name: "pin", About: "a reference to a page for I/O; on DAX the page is the storage itself, and the device may write into it as long as the pin lasts"},
	{Name: "eviction", About: "an inode leaves the cache, after which the blocks of a deleted file go to other files"},
	{Name: "break the layout", About: "see to it that nobody can pin the file's pages any more, and wait for those who have"},
}

// terms are the policies of a run with what each does, in the order of its tables; none if the run does not say it.
func terms(src *gallery.Source) (out []Term) {
	said := src.Run.Manifest.Plan.Words.Policies
	for _, name := range policies(src.Table) {
		if i := slices.IndexFunc(said, func(t folder.Term) bool { return t.Name == name }); i >= 0 && said[i].About != "" {
			out = append(out, Term{Name: trim(name), About: trim(said[i].About), Look: chart.LookOf(name)})
		}
	}
	return out
}

// does says what a storm does, what the parameters are that its title names, and those with which it ran besides. All are empty
// if the run does not say it.
func does(w *folder.Words, g *compare.Group) (text string, named, fixed []Term) {
	i := slices.IndexFunc(w.Storms, func(s folder.Storm) bool { return s.Name == g.Workload })
	if i < 0 {
		return "", nil, nil
	}
	storm := &w.Storms[i]
	if storm.About != "" {
		text = unit.Capital(strings.TrimSuffix(trim(storm.About), ".")) + "."
	}
	for _, p := range g.Params {
		if about := paramAbout(w, storm, p.Key); about != "" {
			named = append(named, Term{Name: trim(p.Key), About: trim(about)})
		}
	}
	for _, k := range storm.Params {
		if !slices.ContainsFunc(g.Params, func(p folder.Param) bool { return p.Key == k.Name }) {
			fixed = append(fixed, Term{Name: trim(k.Name + "=" + k.Default), About: trim(k.About)})
		}
	}
	return text, named, fixed[:min(len(fixed), maxTerms)]
}

// maxTerms is how many parameters of a storm a page explains: four times what any has.
const maxTerms = 40

// paramAbout is what a parameter of a storm is; empty if the run does not say it.
func paramAbout(w *folder.Words, storm *folder.Storm, key string) string {
	for _, k := range storm.Params {
		if k.Name == key {
			return k.About
		}
	}
	for _, t := range w.Params {
		if t.Name == key {
			return t.About
		}
	}
	return ""
}
