package model

// A table is a set of fingerprints: open addressing, at most three quarters
// full. 0 is an empty slot.
type table struct {
	slots []uint64
	n     int
}

const smallestTable = 1 << 12

// reset empties the table. One that has grown is kept if it was well used.
func (h *table) reset() {
	if size := len(h.slots); size == 0 || size > smallestTable && h.n < size/16 {
		h.slots = make([]uint64, max(smallestTable, size/4))
	} else {
		clear(h.slots)
	}
	h.n = 0
}

// add puts f in the table and says whether it is new.
func (h *table) add(f uint64) bool {
	if h.n*4 >= len(h.slots)*3 {
		h.grow()
	}
	mask := uint64(len(h.slots) - 1)
	for k := f & mask; ; k = (k + 1) & mask {
		switch h.slots[k] {
		case f:
			return false
		case 0:
			h.slots[k] = f
			h.n++
			return true
		}
	}
}

func (h *table) grow() {
	old := h.slots
	h.slots, h.n = make([]uint64, 4*len(old)), 0
	for _, f := range old {
		if f != 0 {
			h.add(f)
		}
	}
}
