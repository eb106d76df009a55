package baselines

import (
	"errors"
	"io/fs"
	"path"

	"daxbench/reports/kernels"
)

// kernelsName is the folder beside those of machines that keeps what scenarios came to on real kernels: that is not a matter of the
// machine that they were emulated on.
const kernelsName = "kernels"

// Kernels is one record of scenarios on real kernels: <store>/kernels/<date>-<commit>/<label>/kernels.json.
type Kernels struct {
	Name     string    // of the folder
	Labels   []string  // of the folders in it, sorted
	Bare     bool      // nothing says what its files were: they were read and not verified
	Problems []Problem // what is not as it was recorded
}

// Kernels returns the records of scenarios on real kernels, sorted by name; none if there are none. Errors are those of the file
// system: what is wrong with a record is among its problems.
func (s *Store) Kernels() (list []Kernels, err error) {
	root, err := s.root.OpenRoot(kernelsName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	for _, d := range entries {
		k := Kernels{Name: d.Name()}
		switch {
		case !dated.MatchString(d.Name()):
			k.Problems = []Problem{{d.Name(), "is no record"}}
		case !d.IsDir():
			k.Problems = []Problem{{d.Name(), irregular(d.Type())}}
		default:
			dir, err := root.OpenRoot(d.Name())
			if err != nil {
				return nil, err
			}
			err = k.read(dir.FS(), func() ([]Problem, error) { return check(dir) })
			dir.Close()
			if err != nil {
				return nil, err
			}
		}
		list = append(list, k)
	}
	return list, nil
}

// read holds the files of a record against their checksums, and reads them.
func (k *Kernels) read(dir fs.FS, check func() ([]Problem, error)) (err error) {
	if k.Problems, err = check(); errors.Is(err, fs.ErrNotExist) {
		k.Bare = true
	} else if err != nil {
		return err
	}
	list, err := fs.ReadDir(dir, ".")
	if err != nil {
		return err
	}
	for _, d := range list {
		if !d.IsDir() {
			continue
		}
		k.Labels = append(k.Labels, d.Name())
		sub, err := fs.Sub(dir, d.Name())
		if err != nil {
			return err
		}
		m, err := kernels.ReadFS(sub, d.Name())
		file := path.Join(d.Name(), kernels.Name)
		switch {
		case len(k.Problems) > 0: // one of them says why
		case err != nil:
			k.Problems = append(k.Problems, Problem{file, "cannot be used: " + oneLine(err.Error())})
		case m == nil:
			k.Problems = append(k.Problems, Problem{file, "is missing"})
		}
	}
	if len(k.Labels) == 0 && len(k.Problems) == 0 {
		k.Problems = []Problem{{k.Name, "holds no kernel"}}
	}
	return nil
}
