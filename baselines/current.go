package baselines

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// readCurrent returns the name in a machine's file current; the error wraps fs.ErrNotExist if there is no such file.
func readCurrent(machine *os.Root) (string, error) {
	data, err := readFile(machine, currentName, maxSmall)
	if err != nil {
		return "", err
	}
	name, whole := strings.CutSuffix(string(data), "\n")
	if !whole {
		return "", errors.New("is torn: it does not end with a line")
	}
	if err := checkName(name); err != nil {
		return "", err
	}
	return name, nil
}

// mendCurrent says what to do about a file current that cannot be used.
const mendCurrent = "promote a record to mend it"

// Current returns the name of the record that counts. Errors: ErrName; ErrNone if there is no such machine or none of its
// records counts; ErrDamaged if the file current is no name, or names nothing.
func (s *Store) Current(machine string) (string, error) {
	root, err := s.machine(machine)
	if err != nil {
		return "", err
	}
	defer root.Close()
	name, err := readCurrent(root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%w: none of %s is current; name one, or promote it", ErrNone, machine)
	case err != nil:
		return "", fmt.Errorf("%s/%s %w: %v; %s", machine, currentName, ErrDamaged, err, mendCurrent)
	}
	if _, err := root.Lstat(name); err != nil {
		return "", fmt.Errorf("%s/%s %w: it names %s, which is not there; %s", machine, currentName, ErrDamaged, name, mendCurrent)
	}
	return name, nil
}

// Err wraps ErrDamaged if a machine's file current cannot be used; that there is none is no damage.
func (s *Store) Err(machine string) error {
	if _, err := s.Current(machine); errors.Is(err, ErrDamaged) {
		return err
	}
	return nil
}

// Promote makes a record the current one, if it is whole. Errors: those of Find, ErrDamaged, ErrBusy, and ErrNone for a
// run of the older layout, which has to be recorded anew.
func (s *Store) Promote(machine, name string) error {
	if name == "" {
		return checkName(name)
	}
	lock, err := s.lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	e, err := s.Find(machine, name)
	if err != nil {
		return err
	}
	if e.Older {
		return fmt.Errorf("%w: %s is a run folder of the older layout; record it anew with -from", ErrNone, name)
	}
	if err := e.Err(); err != nil {
		return err
	}
	root, err := s.machine(machine)
	if err != nil {
		return err
	}
	defer root.Close()
	return replace(root, currentName, []byte(name+"\n"))
}

// Check returns what is wrong in a machine's folder beside its records: a file current that names nothing, a machine.txt
// that is not what the newest record says, files that nobody recorded. Errors: ErrName, ErrNone, and those of the file
// system.
func (s *Store) Check(machine string, entries []*Entry) (list []Problem, err error) {
	root, err := s.machine(machine)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := s.Err(machine); err != nil {
		_, reason, _ := strings.Cut(err.Error(), ErrDamaged.Error()+": ")
		list = append(list, Problem{currentName, "cannot be used: " + reason})
	}
	if reason := checkMachine(root, entries); reason != "" {
		list = append(list, Problem{machineName, reason})
	}
	files, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	for _, d := range files {
		name := d.Name()
		switch {
		case name == currentName, name == machineName, dated.MatchString(name):
		case dated.MatchString(strings.TrimPrefix(name, proofPrefix)), dated.MatchString(strings.TrimPrefix(name, growthPrefix)): // see README.md
		case strings.HasPrefix(name, unfinished):
			list = append(list, Problem{name, "was left by a recording that was killed; the next one removes it"})
		default:
			list = append(list, Problem{name, "is no record"})
		}
	}
	return list, nil
}

// checkMachine says what is wrong with machine.txt. Facts that only one side has are no fault: a later version knows more.
func checkMachine(root *os.Root, entries []*Entry) string {
	newest := newestRecord(entries)
	facts, err := readMachine(root)
	switch {
	case errors.Is(err, fs.ErrNotExist) && newest == nil:
		return ""
	case errors.Is(err, fs.ErrNotExist):
		return "is missing"
	case err != nil:
		return "cannot be used: " + err.Error()
	case newest == nil:
		return ""
	}
	for _, d := range Diff(newest.Facts, facts) {
		if d.A != Unknown && d.B != Unknown {
			return fmt.Sprintf("was edited: it has %s %s, but %s, the newest record, has %s", d.Key, oneLine(d.B), newest.Name, d.A)
		}
	}
	return ""
}

// newestRecord returns the last of entries that can be read and is not of the older layout, or nil.
func newestRecord(entries []*Entry) (newest *Entry) {
	for _, e := range entries {
		if e.Run != nil && !e.Older {
			newest = e
		}
	}
	return newest
}

// readMachine reads machine.txt.
func readMachine(root *os.Root) (Fingerprint, error) {
	data, err := readFile(root, machineName, maxSmall)
	if err != nil {
		return nil, err
	}
	return parseFingerprint(data)
}
