package debian

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"pault.ag/go/debian/control"
	"pault.ag/go/debian/version"
)

// Newest is the spec of the newest kernel that has been released.
const Newest = "newest"

var (
	specForm = regexp.MustCompile(`^[0-9]{1,5}(\.[0-9]{1,5}){0,3}$`)

	// The kernels for virtual machines: an eighth of the modules, all that is needed here, and the same configuration otherwise.
	imageForm = regexp.MustCompile(`^linux-image-[0-9][0-9a-z.+~-]*-cloud-amd64(-unsigned)?$`)

	// What may belong to one: since 6.19 linux-image is empty, and linux-binary, linux-modules and linux-base of the same
	// version have its files.
	partForm = regexp.MustCompile(`^linux-(image|binary|modules|base)-[0-9][0-9a-z.+~-]*-cloud-amd64(-unsigned)?$`)

	// A dependency on the very same version: "linux-binary-7.3.4 (= 7.3.4-1)".
	exactForm = regexp.MustCompile(`^(linux-[^ (:]+)(?::any)? *\(= *([^ )]+)\)$`)
)

// A stanza is what a control file, a list or a sources file says of one thing: values by field.
type stanza map[string]string

func (s stanza) name() string    { return s["Package"] }
func (s stanza) version() string { return s["Version"] }

// parseStanzas reads Debian's control format.
func parseStanzas(text []byte) ([]stanza, error) {
	r, err := control.NewParagraphReader(bytes.NewReader(text), nil)
	if err != nil {
		return nil, err
	}
	var all []stanza
	for {
		p, err := r.Next()
		switch {
		case err == io.EOF:
			return all, nil
		case err != nil:
			return nil, err
		}
		all = append(all, p.Values)
	}
}

// parseSpec returns the first numbers of the version that is wanted, none for the newest.
func parseSpec(spec string) ([]string, error) {
	if spec == Newest {
		return nil, nil
	}
	if !specForm.MatchString(spec) {
		return nil, fmt.Errorf("%q: %w: say %s, a series as in 6.12, or a version as in 6.12.107", spec, ErrSpec, Newest)
	}
	return strings.Split(spec, "."), nil
}

// choose returns the packages of the newest kernel whose version begins with the numbers that are wanted, the one that it is
// called by first. Those of whose files the archive lacks some do not count.
func choose(all []stanza, wanted []string) ([]stanza, error) {
	var best []stanza
	var there []string
	for _, s := range all {
		if !imageForm.MatchString(s.name()) || isMeta(s) {
			continue
		}
		parts, whole := partsOf(s, all)
		if !whole {
			continue
		}
		there = append(there, series(s.version()))
		if fits(s.version(), wanted) && (best == nil || newer(s, best[0])) {
			best = parts
		}
	}
	if best == nil {
		return nil, gone(wanted, there)
	}
	return best, nil
}

// partsOf lists the packages that have the files of an image, and tells whether those are there that it cannot do without. The
// archive keeps linux-base for the newest kernels only; it has their configuration and the list of what is built in.
func partsOf(image stanza, all []stanza) (parts []stanza, whole bool) {
	parts, whole = []stanza{image}, true
	for _, d := range exact(image) {
		if !partForm.MatchString(d.name()) {
			continue
		}
		i := slices.IndexFunc(all, func(s stanza) bool { return s.name() == d.name() && s.version() == d.version() })
		switch {
		case i >= 0:
			parts = append(parts, all[i])
		case !strings.HasPrefix(d.name(), "linux-base-"):
			whole = false
		}
	}
	return parts, whole
}

// isMeta tells packages that only depend on another kernel's.
func isMeta(s stanza) bool {
	return slices.ContainsFunc(exact(s), func(d stanza) bool { return imageForm.MatchString(d.name()) })
}

// exact lists what a package depends on in one version only: name and version.
func exact(s stanza) (deps []stanza) {
	for d := range strings.SplitSeq(s["Depends"], ",") {
		if m := exactForm.FindStringSubmatch(strings.TrimSpace(d)); m != nil {
			deps = append(deps, stanza{"Package": m[1], "Version": m[2]})
		}
	}
	return deps
}

// newer orders by version; of one version what is signed is taken, because its name is the one that people know.
func newer(a, b stanza) bool {
	va, errA := version.Parse(a.version())
	vb, errB := version.Parse(b.version())
	if errA != nil || errB != nil {
		return errA == nil
	}
	return cmp.Or(version.Compare(va, vb), len(b.name())-len(a.name()), strings.Compare(b.name(), a.name())) > 0
}

// fits tells whether a version begins with these numbers. Candidates of a release count only for who asks for their number.
func fits(v string, wanted []string) bool {
	numbers, candidate := upstream(v)
	if len(wanted) == 0 {
		return !candidate
	}
	return len(numbers) >= len(wanted) && slices.Equal(numbers[:len(wanted)], wanted)
}

// upstream returns the numbers of the kernel in the version of a package, and whether it is a release candidate.
func upstream(v string) (numbers []string, candidate bool) {
	parsed, err := version.Parse(v)
	if err != nil {
		return nil, true
	}
	plain, rest, _ := strings.Cut(parsed.Version, "~")
	plain, _, _ = strings.Cut(plain, "+")
	return strings.Split(plain, "."), strings.HasPrefix(rest, "rc")
}

// series returns the first two numbers of the kernel in the version of a package.
func series(v string) string {
	numbers, _ := upstream(v)
	return strings.Join(numbers[:min(2, len(numbers))], ".")
}

// gone says what there is instead.
func gone(wanted, there []string) error {
	spec := strings.Join(wanted, ".")
	if spec == "" {
		spec = Newest
	}
	slices.SortFunc(there, func(a, b string) int {
		va, _ := version.Parse(a)
		vb, _ := version.Parse(b)
		return version.Compare(va, vb)
	})
	there = slices.Compact(there)
	if len(there) == 0 {
		return &hint{fmt.Errorf("%s: %w", spec, ErrGone), "it has none for cloud-amd64; " + instead}
	}
	return &hint{fmt.Errorf("%s: %w", spec, ErrGone), "it has " + strings.Join(there, ", ") + "; " + instead}
}
