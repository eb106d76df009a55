package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"daxbench/reports/gate"
	"daxbench/reports/unit"
)

var gateGitHubFormat = GateFormat[gate.Report]{Name: "github", About: "workflow commands: annotations, the worst ten first", Ext: ".txt", Write: GateGitHub}

// maxAnnotations is how many annotations of a level GitHub shows per step.
// Source: docs.github.com, "Usage limits, billing, and administration", and actions/toolkit, docs/problem-matchers.md,
// "Limitations".
const maxAnnotations = 10

// level is the kind of an annotation, named as in the workflow command.
type level string

const (
	failure level = "error"
	caution level = "warning"
	remark  level = "notice"
)

// levelOf is how a verdict is annotated. What is not green is never a remark.
func levelOf(v gate.Verdict) level {
	switch v {
	case gate.Pass, gate.Improved:
		return remark
	case gate.NoVerdict:
		return caution
	}
	return failure
}

// annotation is one workflow command.
type annotation struct {
	level          level
	title, message string
}

// GateGitHub writes what a gate found as workflow commands for the log of a GitHub step: an error per cell that
// regressed, a warning per cell without a verdict, and the verdict of the gate, which is an error or a warning itself if
// no cell is.
func GateGitHub(w io.Writer, r *gate.Report, _ Options) error {
	var all []annotation
	said := map[level]bool{}
	for _, c := range worst(r.Cells) {
		if !green(c.Verdict) {
			all = append(all, annotation{levelOf(c.Verdict), cellTitle(c), cellMessage(c)})
			said[levelOf(c.Verdict)] = true
		}
	}
	if held, s := controlsSentence(r); !held {
		all = append(all, annotation{caution, "controls", s})
	}
	for _, s := range r.Warnings {
		all = append(all, annotation{caution, "warning", clean(s, maxProse)})
	}
	verdict, sentence := gateTitle(r)
	head := annotation{remark, "gate: " + verdict, sentence}
	if l := levelOf(r.Verdict); !said[l] {
		head.level = l
	}

	var out bytes.Buffer
	head.write(&out)
	shown, cut := map[level]int{head.level: 1}, map[level]int{}
	for _, a := range all {
		if shown[a.level] == maxAnnotations {
			cut[a.level]++
			continue
		}
		shown[a.level]++
		a.write(&out)
	}
	if cut[failure]+cut[caution] > 0 {
		annotation{remark, "gate: more", fmt.Sprintf("%s and %s are not shown here: GitHub shows %d of each. The report has them all.",
			unit.Plural(cut[failure], "further error"), unit.Plural(cut[caution], "further warning"), maxAnnotations)}.write(&out)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// cellTitle names a cell and its verdict.
func cellTitle(c *gate.Cell) string {
	return marked(c.Verdict) + ": " + clean(c.Name, maxProse/4)
}

// cellMessage is how the cell came by its verdict, and how to measure it again.
func cellMessage(c *gate.Cell) string {
	s := decided(c)
	if d := decisive(c); d.measure != nil && c.Why != "" {
		m := *d.measure
		m.Why = ""
		s += "\n" + measureSentence(&m)
	}
	if c.Repeat != "" {
		s += "\nrepeat: " + clean(c.Repeat, maxCommand)
	}
	return s
}

// write writes the command. What it consists of has been cleaned; its own line breaks are escaped.
// Source: actions/toolkit, packages/core/src/command.ts, escapeData and escapeProperty.
func (a annotation) write(out *bytes.Buffer) {
	fmt.Fprintf(out, "::%s title=%s::%s\n", a.level, escapeProperty(a.title), escapeData(a.message))
}

var (
	escapeData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace
)
