package mounted

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"daxbench/engine/kernelfs/dax"
	"daxbench/workloads/driver"
)

// A daxMode says which files of a mount are DAX (Documentation/filesystems/dax.rst).
type daxMode uint8

const (
	daxNever   daxMode = iota // dax=never, or the device or the file system cannot
	daxAlways                 // dax=always: all files
	daxPerFile                // dax=inode: those that are made in a directory with FS_XFLAG_DAX
)

const aboutDAX = "on, off, or where the mount says dax=inode a percentage of the files"

// knob is the parameter dax: what can be had here.
func (m daxMode) knob() driver.Knob {
	k := driver.Knob{Key: "dax", About: aboutDAX}
	switch m {
	case daxAlways:
		k.Sweep, k.Check = []string{"on"}, only("on", "every file of this mount is DAX")
	case daxNever:
		k.Sweep, k.Check = []string{"off"}, only("off", "no file of this mount is DAX")
	case daxPerFile:
		k.Sweep, k.Check = []string{"off", "on"}, func(s string) error {
			_, err := parseShare(s)
			return err
		}
	}
	k.Default = k.Sweep[0]
	return k
}

func only(value, because string) func(string) error {
	return func(s string) error {
		if s != value {
			return fmt.Errorf("%s: only %s is to be had", because, value)
		}
		return nil
	}
}

// parseShare reads the parameter dax, as the fraction of files that are DAX.
func parseShare(s string) (float64, error) {
	switch s {
	case "off":
		return 0, nil
	case "on":
		return 1, nil
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n > 0 && n < 100) {
		return 0, errors.New("want on, off, or a percentage between 0 and 100")
	}
	return n / 100, nil
}

// isDAX says whether the i-th file of a worker is one that is DAX, evenly mixed.
func isDAX(i int64, share float64) bool {
	return math.Floor(float64(i+1)*share) > math.Floor(float64(i)*share)
}

// findDAX makes files in dir and looks at what they are.
func findDAX(dir string) (daxMode, error) {
	plain, err := makesDAX(dir)
	if err != nil || plain {
		return daxAlways, err
	}
	sub := filepath.Join(dir, "dax")
	if err := os.Mkdir(sub, 0o700); err != nil {
		return daxNever, err
	}
	defer os.Remove(sub)
	if err := dax.Inherit(sub); err != nil {
		return daxNever, nil // the file system has no such flag
	}
	flagged, err := makesDAX(sub)
	if err != nil || !flagged {
		return daxNever, err
	}
	return daxPerFile, nil
}

// makesDAX reports whether a file that is made in dir is DAX.
func makesDAX(dir string) (bool, error) {
	f, err := os.CreateTemp(dir, "probe")
	if err != nil {
		return false, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	return dax.IsOpen(int(f.Fd()))
}
