// Package litmus holds the litmus scenarios: small situations, each of which
// shows what one way to break layouts gets wrong, or makes others pay for. It
// runs them under policies and says what became of each.
//
// A scenario is a text in scenarios/, in the format of package target; anybody
// can write one more. README.md beside this file explains the format with all
// verbs and settings, and what the outcomes mean.
package litmus

import (
	"embed"
	"fmt"
	"path"
	"strconv"
	"strings"
	"sync"

	"daxbench/engine/target"
)

//go:embed scenarios/*.txt
var texts embed.FS

// An Entry is a scenario and its number, by which tables call it; 0 if it is
// not registered.
type Entry struct {
	Number int
	*target.Scenario
}

// All returns the registered scenarios by number.
func All() []Entry { return all() }

var all = sync.OnceValue(func() []Entry {
	files, err := texts.ReadDir("scenarios")
	if err != nil {
		panic(err)
	}
	var list []Entry
	for _, f := range files { // sorted by name, hence by number
		text, err := texts.ReadFile(path.Join("scenarios", f.Name()))
		if err != nil {
			panic(err)
		}
		s, err := target.Parse(f.Name(), text)
		if err != nil {
			panic(err)
		}
		number, name, _ := strings.Cut(strings.TrimSuffix(f.Name(), ".txt"), "-")
		n, err := strconv.Atoi(number)
		if err != nil || name != s.Name || n != len(list)+1 {
			panic(fmt.Sprintf("litmus: %s holds the scenario %s", f.Name(), s.Name))
		}
		list = append(list, Entry{n, s})
	}
	return list
})

// Lookup returns the scenario with the given name or number.
func Lookup(name string) (Entry, error) {
	for _, e := range All() {
		if e.Name == name || strconv.Itoa(e.Number) == name {
			return e, nil
		}
	}
	return Entry{}, fmt.Errorf("unknown scenario %q", name)
}

// Names returns the names of all registered scenarios, by number.
func Names() []string {
	var names []string
	for _, e := range All() {
		names = append(names, e.Name)
	}
	return names
}
