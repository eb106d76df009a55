package layout

// LosesData reports whether data can be lost where the invariant is broken: a device writes into a block that has become another
// file's, or nobody can tell any more whose page it is that is pinned. Where another is broken somebody waits, hangs, or gets
// blocks back late.
func (i Invariant) LosesData() bool { return i == 'U' || i == 'A' }

// Harm is what becomes of what the invariant is about where it is broken, in a word or two: a use is "reused".
func (i Invariant) Harm() string {
	switch i {
	case 'U':
		return "reused"
	case 'A':
		return "lost"
	case 'L':
		return "leaks"
	case 'R', 'H':
		return "waits"
	case 'K':
		return "held"
	case 'X':
		return "sleeps"
	case 'W':
		return "missed"
	}
	return ""
}
