//go:build daxbug

package bug

// Built says whether bugs can be planted.
const Built = true

// planted changes only while no engine runs.
var planted Bug

// Planted reports whether the engine has this bug.
func Planted(b Bug) bool { return b == planted }

// Plant gives the engine bug b in place of another one, until restore is called.
func Plant(b Bug) (restore func()) {
	old := planted
	planted = b
	return func() { planted = old }
}
