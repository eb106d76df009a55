package sync

// What scan_test.go compares.
var (
	SkipClear      = skipClear
	SkipClearByOne = skipClearByOne
)
