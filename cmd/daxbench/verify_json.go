package main

import (
	"encoding/json"
	"io"

	"daxbench/engine/verify"
)

// verifyJSON is what -format json prints.
type verifyJSON struct {
	Kernel     string `json:",omitempty"`
	Verdicts   []verdictJSON
	Undeclared []verify.Undeclared `json:",omitempty"` // invariants besides
	WhatIfs    []verify.Report     `json:",omitempty"` // of shapes that are not held against a policy
	Speed      speedJSON
	Model      *explored `json:",omitempty"`
}

type verdictJSON struct {
	*cell
	Verdict string // in words
	Status  string
	Replay  string `json:",omitempty"`
}

// cell is verify.Verdict by a name that is free.
type cell = verify.Verdict

type speedJSON struct {
	Schedules        int
	Steps            int64
	CPUNanos         int64
	SchedulesPerCore float64 // a second
}

func (p verifyPage) json(w io.Writer, res *verify.Result, m *explored) error {
	out := verifyJSON{Kernel: p.plan.Kernel, Verdicts: []verdictJSON{}, Undeclared: res.Undeclared, Model: m}
	for i := range res.Verdicts {
		v := &res.Verdicts[i]
		j := verdictJSON{cell: v, Verdict: v.String(), Status: v.Status(res.Whole).String()}
		if v.Violated {
			j.Replay = p.replayOf(v.Policy, v.Shape, v.Violation)
		}
		out.Verdicts = append(out.Verdicts, j)
	}
	for _, rep := range res.Reports {
		if rep.WhatIf {
			out.WhatIfs = append(out.WhatIfs, rep)
		}
	}
	n, steps, cpu := res.Speed()
	out.Speed = speedJSON{n, steps, cpu, float64(n) / max(float64(cpu), 1) * 1e9}
	return writeJSON(w, out)
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
