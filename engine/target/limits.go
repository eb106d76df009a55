package target

import "time"

// What a scenario may have. They are far above what the registered ones need
// and keep a hostile text from costing much.
const (
	MaxText    = 256 << 10      // bytes of a file
	MaxLine    = 1000           // bytes of a line
	MaxSteps   = 2000           // steps
	MaxHeaders = 200            // lines before "steps:"
	MaxName    = 40             // bytes of a name
	MaxParams  = 16             // parameters
	MaxRuns    = 16             // variants
	MaxCount   = 1 << 20        // pages of a file, inodes to shrink
	MaxCalls   = 100_000        // steps times their counts: some ten seconds at most
	MaxWait    = 24 * time.Hour // of one step
	MaxErrors  = 20             // that one parse reports
)
