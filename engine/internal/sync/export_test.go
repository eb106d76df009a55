package sync

// What scan_test.go compares, and what zero_test.go looks at.
var (
	SkipClear      = skipClear
	SkipClearByOne = skipClearByOne
	Ragged         = ragged
)
