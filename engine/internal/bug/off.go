//go:build !daxbug

package bug

// Built says whether bugs can be planted.
const Built = false

// Planted reports whether the engine has this bug.
func Planted(Bug) bool { return false }

// Plant needs the tag daxbug.
func Plant(Bug) (restore func()) { panic("bug: built without the tag daxbug") }
