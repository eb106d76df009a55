package gate

import "daxbench/reports/stats"

// Proof is what a gate showed of itself on this machine: how often it cries for nothing, and what it finds.
type Proof struct {
	Suite    string         `json:"suite"`
	Rule     string         `json:"rule"`
	Command  string         `json:"command"`
	Machine  string         `json:"machine"`
	Trials   int            `json:"trials"` // gatings, each of all declared cells
	Rows     []ProofRow     `json:"rows"`
	Smallest stats.Estimate `json:"smallest"` // change, 0.02 is 2 %, that is seen in 9 of 10 trials; N is 0: there is none
	Seconds  float64        `json:"seconds"`  // that a cell took until its verdict, median; 0: unknown
	Failures []string       `json:"failures,omitempty"`
	Open     []string       `json:"open,omitempty"` // what the trials could not show, such as a target that was not met
	Warnings []string       `json:"warnings,omitempty"`
}

// Failed says that the gate let something bad through, or cries too often.
func (p *Proof) Failed() bool { return len(p.Failures) > 0 }

// Shown says that nothing failed and nothing is open.
func (p *Proof) Shown() bool { return !p.Failed() && len(p.Open) == 0 }

// ProofRow counts the cells of all trials with one planted effect. One cell in one trial is one try.
type ProofRow struct {
	Cell    string  `json:"cell,omitempty"` // empty: all cells together
	Effect  float64 `json:"effect"`         // 0.03: the head did 3 % more work; 0: both sides are the same
	Missing bool    `json:"missing"`        // instead, the head lacked a declared cell
	Trials  int     `json:"trials"`         // tries
	Found   int     `json:"found"`          // called regressed; without an effect: called a change; missing: not green
	Green   int     `json:"green"`          // passed or improved
	Open    int     `json:"open"`           // no verdict
	Void    int     `json:"void"`           // the controls moved
	Rate    float64 `json:"rate"`           // of Found
	Lo      float64 `json:"lo"`             // 95 % interval of Rate, Clopper–Pearson
	Hi      float64 `json:"hi"`
	Target  float64 `json:"target"` // that Rate should reach, or without an effect should not exceed; 0 with an effect: none
	Met     bool    `json:"met"`
}
