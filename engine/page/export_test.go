//go:build !race

package page

import "unsafe"

// MapAlways has the words of all tables mapped until restore is called.
func MapAlways() (restore func()) {
	old := leastMapped
	leastMapped = 0
	return func() { leastMapped = old }
}

// WordsAt returns where the table's words are.
func (t *Table) WordsAt() uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(t.words))) }
