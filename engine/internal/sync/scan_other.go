//go:build !amd64 || race || daxshort

package sync

// skipClear returns how many words from the first on have no bit of mask; there may be more such words behind them.
func skipClear(words []Uint32, mask uint32) int { return skipClearByOne(words, mask) }
