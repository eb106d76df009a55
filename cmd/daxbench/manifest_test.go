package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"daxbench/reports/folder"
	"daxbench/workloads/driver"
	"daxbench/workloads/record"
)

// TestReadAsWritten: who writes run.json and who reads it do not import each other. What a run records for pictures,
// and of its plan, is the same on both sides: nothing gets lost on the way, and nothing is expected that is not written.
func TestReadAsWritten(t *testing.T) {
	for _, pair := range [][2]any{
		{&record.OverTime{ColumnMS: 1.5, Columns: [][]int64{{3, 4, 5, 6}, {}, {7, 8}}}, new(folder.OverTime)},
		{&record.Wait{For: "pin", Worker: 1, Ino: 2, AtMS: 3.5, Nanos: 4, Wake: 5, Pin: &record.Pin{Since: -6, Due: 7, Until: 8}}, new(folder.Wait)},
		{&record.Plan{Rounds: 1, Workers: 2, Reference: "a", Groups: []record.Group{{
			Workload: "b", Params: []driver.Param{{Key: "c", Value: "d"}}, Policies: []string{"e"}, Primary: "f", Timing: "g",
		}}, Words: record.Words{
			Policies: []record.Term{{Name: "h", About: "i"}}, Params: []record.Term{{Name: "j", About: "k"}},
			Storms: []record.Storm{{Term: record.Term{Name: "l", About: "m"}, Params: []record.Knob{{Term: record.Term{Name: "n", About: "o"}, Default: "p"}}}},
		}}, new(folder.Plan)},
	} {
		written, err := json.Marshal(pair[0])
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(written))
		d.DisallowUnknownFields()
		if err := d.Decode(pair[1]); err != nil {
			t.Errorf("%T: %v", pair[1], err)
		}
		if read, err := json.Marshal(pair[1]); err != nil || !bytes.Equal(read, written) {
			t.Errorf("%T is written as\n%s\nand read by %T as\n%s, %v", pair[0], written, pair[1], read, err)
		}
	}
}
