package render

import (
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"daxbench/reports/gate"
)

var gateJUnitFormat = GateFormat[gate.Report]{Name: "junit", About: "a test case per cell, as JUnit XML", Ext: ".xml", Write: GateJUnit}

// JUnit as its readers agree on it. Source: testmoapp/junitxml, README, "Common JUnit XML format".
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Suites []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
		Out        *junitText      `xml:"system-out"`
	}
	junitCounts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr,omitempty"`

		Time string `xml:"time,attr,omitempty"` // seconds
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr,omitempty"` // seconds
		Skipped *junitProblem `xml:"skipped"`             // there was nothing to hold it against
		Failure *junitProblem `xml:"failure"`
		Error   *junitProblem `xml:"error"`
		Out     *junitText    `xml:"system-out"`
	}
	junitProblem struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",cdata"`
	}
	junitText struct {
		Text string `xml:",cdata"` // its lines stay lines; what it consists of has been cleaned
	}
)

// GateJUnit writes what a gate found as JUnit XML: what regressed failed, and what has no verdict is an error. A gate that
// is not green although all its cells are has a test case of its own.
func GateJUnit(w io.Writer, r *gate.Report, _ Options) error {
	class := "daxbench.gate"
	if name, _, _ := strings.Cut(r.Suite, ","); name != "" { // without the revision, so that a test's history goes on
		class += "." + strings.ReplaceAll(clean(name, maxName), ".", "_")
	}
	suite := junitSuite{Name: clean("gate "+r.Suite, maxProse/4), Properties: junitProperties(r)}
	total := 0.0
	for i := range r.Cells {
		c := &r.Cells[i]
		added := suite.add(class, clean(c.Name, maxCell), c.Verdict, cellMessage(c), junitDetails(c, pairs(r)))
		if added.Time = junitTime(c.Seconds); c.New && added.Error != nil {
			added.Skipped, added.Error = added.Error, nil
			suite.Skipped++
			suite.Errors--
		}
		total += c.Seconds
	}
	suite.Time = junitTime(total)
	for i := range r.Controls {
		m := &r.Controls[i]
		verdict := gate.Void // what the change cannot touch has not moved, or nothing counts
		if m.Verdict == gate.Pass || m.Verdict == gate.NoVerdict {
			verdict = m.Verdict
		}
		suite.add(class+".control", clean(m.Name, maxName), verdict, measureSentence(m), measureSentence(m))
	}
	verdict, sentence := gateTitle(r)
	if suite.Failures+suite.Errors == 0 && !green(r.Verdict) || suite.Tests == 0 {
		own := r.Verdict
		if suite.Tests == 0 && green(own) {
			own = gate.NoVerdict // nothing was measured
		}
		suite.add(class, "the gate", own, sentence, sentence)
	}
	_, controls := controlsSentence(r)
	out := []string{verdict + ": " + sentence, controls}
	for _, s := range first(r.Warnings, maxFootnotes) {
		out = append(out, "warning: "+clean(s, maxProse))
	}
	suite.Out = &junitText{strings.Join(append(out, clean(r.Rule, maxRule)), "\n")}

	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	if err := enc.Encode(junitSuites{Name: "daxbench gate", junitCounts: suite.junitCounts, Suites: []junitSuite{suite}}); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

// junitTime is a time in seconds, empty if it is not known.
func junitTime(seconds float64) string {
	if !(seconds > 0) || !finite(seconds) {
		return ""
	}
	return strconv.FormatFloat(seconds, 'f', 3, 64)
}

// add adds a test case.
func (s *junitSuite) add(class, name string, v gate.Verdict, message, out string) *junitCase {
	c := junitCase{Class: class, Name: name, Out: &junitText{out}}
	s.Tests++
	title, _, _ := strings.Cut(message, "\n")
	problem := &junitProblem{Type: v.String(), Message: title, Text: message}
	switch {
	case green(v):
	case v == gate.Regressed:
		c.Failure = problem
		s.Failures++
	default:
		c.Error = problem
		s.Errors++
	}
	s.Cases = append(s.Cases, c)
	return &s.Cases[len(s.Cases)-1]
}

// junitDetails tell a cell in full.
func junitDetails(c *gate.Cell, pairs string) string {
	out := details(c, pairs)
	if c.Repeat != "" {
		out = append(out, "repeat: "+clean(c.Repeat, maxCommand))
	}
	for _, file := range c.Profiles {
		out = append(out, "profile: "+clean(file, maxCommand))
	}
	return strings.Join(out, "\n")
}

// junitProperties are what one has to know of the gate.
func junitProperties(r *gate.Report) []junitProperty {
	return []junitProperty{
		{"verdict", r.Verdict.String()},
		{"way", clean(r.Way, maxName)},
		{"suite", clean(r.Suite, maxProse)},
		{"base", sideFacts(&r.Base)},
		{"head", sideFacts(&r.Head)},
		{"machine", clean(r.Machine, maxProse)},
		{"command", clean(r.Command, maxCommand)},
	}
}
