package debian

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// listed is what apt-cache show prints, cut down, of an archive that has a kernel of each kind: two revisions, the same
// upstream version as a backport, an unsigned one, a metapackage, a split one, a candidate and other flavours.
const listed = `Package: linux-image-6.1.0-9-cloud-amd64
Version: 6.1.99-1
Depends: kmod, linux-base (>= 4.3~)

Package: linux-image-6.1.0-10-cloud-amd64
Version: 6.1.101-1
Depends: kmod, linux-base (>= 4.3~)

Package: linux-image-6.1.0-10-cloud-amd64-unsigned
Version: 6.1.101-1

Package: linux-image-6.12.7+deb12-cloud-amd64
Version: 6.12.7-1~bpo12+1

Package: linux-image-6.12.7+deb13-cloud-amd64
Version: 6.12.7-1

Package: linux-image-6.12-cloud-amd64
Version: 6.12.8-1~deb12u1
Depends: linux-image-6.12.7+deb12-cloud-amd64 (= 6.12.7-1~bpo12+1)

Package: linux-image-6.12.9+deb13-amd64
Version: 6.12.9-1

Package: linux-image-7.3.4+deb13-cloud-amd64
Version: 7.3.4-1~bpo13+1
Depends: dracut | initramfs-tools (>= 0.120+deb8u2), linux-base-7.3.4+deb13-cloud-amd64 (= 7.3.4-1~bpo13+1),
 linux-binary-7.3.4+deb13-cloud-amd64 (= 7.3.4-1~bpo13+1), linux-modules-7.3.4+deb13-cloud-amd64 (= 7.3.4-1~bpo13+1)

Package: linux-base-7.3.4+deb13-cloud-amd64
Version: 7.3.4-1~bpo13+1

Package: linux-modules-7.3.4+deb13-cloud-amd64
Version: 7.3.4-1~bpo13+1

Package: linux-binary-7.3.4+deb13-cloud-amd64
Version: 7.3.4-1~bpo13+1

Package: linux-image-7.4-cloud-amd64
Version: 7.4~rc7-1~exp1
`

func TestChoose(t *testing.T) {
	all, err := parseStanzas([]byte(listed))
	if err != nil {
		t.Fatal(err)
	}
	for spec, want := range map[string]string{
		"6.1":     "linux-image-6.1.0-10-cloud-amd64 6.1.101-1", // 101 is more than 99, and the signed one has the name
		"6.1.99":  "linux-image-6.1.0-9-cloud-amd64 6.1.99-1",
		"6.12":    "linux-image-6.12.7+deb13-cloud-amd64 6.12.7-1", // not the metapackage, not ~bpo12
		"6":       "linux-image-6.12.7+deb13-cloud-amd64 6.12.7-1", // 12 is more than 1
		"7.4":     "linux-image-7.4-cloud-amd64 7.4~rc7-1~exp1",
		"newest":  "linux-image-7.3.4+deb13-cloud-amd64 7.3.4-1~bpo13+1, linux-base-7.3.4+deb13-cloud-amd64 7.3.4-1~bpo13+1, linux-binary-7.3.4+deb13-cloud-amd64 7.3.4-1~bpo13+1, linux-modules-7.3.4+deb13-cloud-amd64 7.3.4-1~bpo13+1",
		"6.13":    "gone",
		"6.1.10":  "gone", // no prefix of 6.1.101
		"6.1.9.9": "gone",
		"5.10":    "gone",
	} {
		wanted, err := parseSpec(spec)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := choose(all, wanted)
		var names []string
		for _, p := range parts {
			names = append(names, p.name()+" "+p.version())
		}
		got := strings.Join(names, ", ")
		if errors.Is(err, ErrGone) {
			got = "gone"
			if !strings.Contains(err.Error(), spec+": ") || !strings.Contains(err.Error(), "it has 6.1, 6.12, 7.3, 7.4;") {
				t.Errorf("%s: the error does not name it and what there is: %v", spec, err)
			}
		} else if err != nil {
			t.Errorf("%s: %v", spec, err)
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", spec, got, want)
		}
	}
}

// TestChooseWithoutParts takes packages of the newest kernel away.
func TestChooseWithoutParts(t *testing.T) {
	for part, want := range map[string]string{
		"modules": "linux-image-6.12.7+deb13-cloud-amd64 1",
		"binary":  "linux-image-6.12.7+deb13-cloud-amd64 1",
		"base":    "linux-image-7.3.4+deb13-cloud-amd64 3", // it is no loss
	} {
		all, err := parseStanzas([]byte(strings.Replace(listed, "Package: linux-"+part+"-7.3.4", "Package: linux-"+part+"-7.3.5", 1)))
		if err != nil {
			t.Fatal(err)
		}
		parts, err := choose(all, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(parts[0].name(), " ", len(parts)); got != want {
			t.Errorf("without linux-%s: got %s, want %s", part, got, want)
		}
		if _, err := choose(all, []string{"7", "3"}); (part != "base") != errors.Is(err, ErrGone) {
			t.Errorf("without linux-%s, asked by number: %v", part, err)
		}
	}
	if _, err := choose(nil, nil); !errors.Is(err, ErrGone) || !strings.Contains(err.Error(), "newest") {
		t.Errorf("an archive without kernels: %v", err)
	}
}

func TestSpec(t *testing.T) {
	for _, spec := range []string{"", "6.", ".6", "v6.1", "6.1-rc1", "6 1", "latest", "6.1/..", "6.1.2.3.4", "1234567", "６.1", "NEWEST"} {
		if _, err := parseSpec(spec); !errors.Is(err, ErrSpec) {
			t.Errorf("%q: %v", spec, err)
		}
	}
}

func TestSeries(t *testing.T) {
	for version, want := range map[string]string{"6.1.192-2": "6.1", "7.3~rc7-1~exp1": "7.3", "1:6.12.3+b1-1": "6.12", "7-1": "7"} {
		if got := series(version); got != want {
			t.Errorf("%s: got %s, want %s", version, got, want)
		}
	}
}
