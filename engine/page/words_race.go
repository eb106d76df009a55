//go:build race

package page

import "daxbench/engine/internal/sync"

// makeWords gives the table the words of n pages, all zero. The race detector knows of no memory but the Go heap: what
// is ordered by words elsewhere would be a race to it.
func (t *Table) makeWords(n int) error {
	t.words = make([]sync.Uint32, n)
	return nil
}
