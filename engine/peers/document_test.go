package main

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daxbench/engine/peers/cells"
	"daxbench/engine/peers/table"
	"github.com/google/renameio/v2"
)

var update = flag.Bool("update", false, "write the table in engine/README.md anew, from the record, with the words and targets of now")

// all is a report that has a figure of every row.
func all() *Report {
	r := &Report{Commit: "0123456789ab", Blocks: 6, Samples: map[string][]table.Sample{}}
	for _, g := range cells.All() {
		for _, row := range g.Rows {
			for i := range 6 {
				v := 1 + float64(i)/8
				r.Samples[row.Key()] = append(r.Samples[row.Key()], table.Sample{Value: v, Lo: v, Hi: v, Nanos: 10})
			}
		}
	}
	return r
}

// TestDocument writes a table with every row between the markers, and the record that it is made of; a table that is not of its
// record is found out.
func TestDocument(t *testing.T) {
	folder, report := t.TempDir(), all()
	page, record := filepath.Join(folder, "README.md"), filepath.Join(folder, figures)
	if err := os.WriteFile(page, []byte("before\n"+begins+" command -->\n"+ends+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := report.publish(page, record); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, f := range cells.Families() {
		if !strings.Contains(text, "**"+f.Title+".**") {
			t.Errorf("there is nothing of %q", f.Title)
		}
	}
	if !strings.HasPrefix(text, "before\n") || !strings.HasSuffix(text, "after\n") {
		t.Error("what is around the markers has changed")
	}
	if err := held(page, record); err != nil {
		t.Error(err)
	}
	for _, forged := range []string{strings.Replace(text, "1.311", "0.311", 1), strings.Replace(text, report.Commit, "ba9876543210", 1)} {
		if err := os.WriteFile(page, []byte(forged), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := held(page, record); !errors.Is(err, errForged) {
			t.Errorf("a table with another figure, or commit, is not found out: %v", err)
		}
	}
}

// TestRowsThatAreNotThere: a table that lacks a row is not written.
func TestRowsThatAreNotThere(t *testing.T) {
	folder, report := t.TempDir(), all()
	page := filepath.Join(folder, "README.md")
	if err := report.publish(page, filepath.Join(folder, figures)); err == nil {
		t.Error("a document that is not there was written")
	}
	if err := os.WriteFile(page, []byte(begins+" -->\n"+ends+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	delete(report.Samples, cells.All()[0].Rows[0].Key())
	if err := report.publish(page, filepath.Join(folder, figures)); err == nil {
		t.Error("a table without one of the rows was written")
	}
}

var errForged = errors.New("the table is not what its record comes to")

// remade returns a document as it is, and as it is with the table that its record comes to.
func remade(document, figures string) (is, want string, err error) {
	data, err := os.ReadFile(figures)
	if err != nil {
		return "", "", err
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return "", "", err
	}
	page, err := os.ReadFile(document)
	if err != nil {
		return "", "", err
	}
	want, err = r.insert(string(page))
	return string(page), want, err
}

// held holds the table of a document to its record.
func held(document, figures string) error {
	is, want, err := remade(document, figures)
	if err == nil && is != want {
		err = errForged
	}
	return err
}

// TestRecord: what stands in engine/README.md is what was measured.
func TestRecord(t *testing.T) {
	if *update {
		if _, want, err := remade(document, figures); err != nil {
			t.Fatal(err)
		} else if err := renameio.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := held(document, figures); err != nil {
		t.Errorf("%v; where only words or targets of the table were changed in the code, go test . -run Record -update; go run . -md measures anew and writes both", err)
	}
}
