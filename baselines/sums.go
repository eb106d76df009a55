package baselines

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
)

// Problem is something about a file that is not as it was recorded.
type Problem struct {
	File   string `json:"file"`   // below the folder that was looked at
	Reason string `json:"reason"` // why it cannot be trusted: "is missing"
}

// String is "run.json is missing".
func (p Problem) String() string { return oneLine(p.File) + " " + oneLine(p.Reason) }

// sums returns SHA256SUMS for files by name.
func sums(files map[string][]byte) []byte {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(files[name]), name)
	}
	return []byte(b.String())
}

// parseSums reads SHA256SUMS: sums in hexadecimal digits, by name.
func parseSums(data []byte) (map[string]string, error) {
	out := make(map[string]string)
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		text, whole := strings.CutSuffix(line, "\n")
		sum, name, ok := strings.Cut(text, "  ")
		raw, err := hex.DecodeString(sum)
		switch {
		case !whole:
			return nil, fmt.Errorf("is cut off in line %d", n)
		case !ok || err != nil || len(raw) != sha256.Size || !fs.ValidPath(name) || name == ".":
			return nil, fmt.Errorf("has no checksum and name in line %d", n)
		case out[name] != "":
			return nil, fmt.Errorf("has the file %s twice, the second time in line %d", oneLine(name), n)
		}
		out[name] = strings.ToLower(sum)
	}
	if len(out) == 0 {
		return nil, errors.New("is empty")
	}
	return out, nil
}

// check holds all files of a record against their checksums. It returns what is wrong, by name, and fs.ErrNotExist if
// there are no checksums.
func check(dir *os.Root) ([]Problem, error) {
	data, err := readFile(dir, sumsName, maxSmall)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return []Problem{{sumsName, "cannot be read: " + err.Error()}}, nil
	}
	want, err := parseSums(data)
	if err != nil {
		return []Problem{{sumsName, err.Error()}}, nil
	}
	var list []Problem
	seen := make(map[string]bool)
	err = fs.WalkDir(dir.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() || name == sumsName {
			return nil
		}
		seen[name] = true
		if reason := checkFile(dir, name, d.Type(), want[name]); reason != "" {
			list = append(list, Problem{name, reason})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for name := range want {
		if !seen[name] {
			list = append(list, Problem{name, "is missing"})
		}
	}
	slices.SortFunc(list, func(a, b Problem) int { return strings.Compare(a.File, b.File) })
	return list, nil
}

// checkFile says what is wrong with a file whose checksum should be want; "" means that none was recorded.
func checkFile(dir *os.Root, name string, kind fs.FileMode, want string) string {
	switch {
	case want == "":
		return "was not recorded: it has no checksum, and came later"
	case !kind.IsRegular():
		return irregular(kind)
	}
	f, err := dir.Open(name)
	if err != nil {
		return "cannot be read: " + err.Error()
	}
	defer f.Close()
	h := sha256.New()
	tail := &lastByte{b: '\n'}
	n, err := io.Copy(io.MultiWriter(h, tail), f)
	got := hex.EncodeToString(h.Sum(nil))
	const short = 12 // digits: enough to see that they differ
	switch {
	case err != nil:
		return "cannot be read: " + err.Error()
	case got == want:
		return ""
	case n == 0:
		return "is empty"
	case tail.b != '\n':
		return fmt.Sprintf("is torn: after %d bytes it ends within a line", n)
	}
	return fmt.Sprintf("was edited: its SHA-256 is %s…, recorded was %s…", got[:short], want[:short])
}

// lastByte remembers the last byte that was written.
type lastByte struct{ b byte }

func (l *lastByte) Write(p []byte) (int, error) {
	if len(p) > 0 {
		l.b = p[len(p)-1]
	}
	return len(p), nil
}
