package debian

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// target is a paragraph of apt-get indextargets.
func target(origin, label, codename, uri, entry string) string {
	return fmt.Sprintf("MetaKey: main/binary-amd64/Packages\nRepo-URI: %s\nCodename: %s\nRelease: %s\nLabel: %s\nOrigin: %s\n"+
		"Component: main\nIdentifier: Packages\nSourcesentry: %s:1\n\n", uri, codename, codename, label, origin, entry)
}

func TestSources(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const main, security = "https://mirror.invalid/debian/", "https://mirror.invalid/debian-security/"
	deb822 := write("debian.sources", `# of the machine
Types: deb
URIs: https://other.invalid/debian
Suites: bookworm
Signed-By: /other.gpg

Types: deb
URIs: https://mirror.invalid/debian
Suites: bookworm
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQIN
 -----END PGP PUBLIC KEY BLOCK-----
`)
	lines := write("old.list", "# deb https://mirror.invalid/debian-security nothing main\n"+
		"deb [ arch=amd64 signed-by=/a.gpg,/b.gpg check-valid-until=no ] https://mirror.invalid/debian-security bookworm-security main\n")

	all, err := parseStanzas([]byte(target("Debian", "Debian-Security", "bookworm-security", security, lines) +
		target("Debian", "Debian", "bookworm", main, deb822) +
		target("Debian", "Debian", "bookworm-updates", main, deb822) +
		target("Debian", "Debian Backports", "bookworm-backports", "https://third.invalid/", deb822) +
		target("Ubuntu", "Ubuntu", "noble", "https://third.invalid/ubuntu", deb822)))
	if err != nil {
		t.Fatal(err)
	}
	const want = `Types: deb
URIs: https://mirror.invalid/debian/
Suites: bookworm bookworm-backports bookworm-updates sid trixie trixie-backports
Components: main
Architectures: amd64
Targets: Packages
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQIN
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: https://mirror.invalid/debian-security/
Suites: bookworm-security trixie-security
Components: main
Architectures: amd64
Targets: Packages
Signed-By: /a.gpg /b.gpg
Check-Valid-Until: no

`
	if got := string(sources(origins(all))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestOriginsOfOthers asks machines that are no Debian, or whose lists would write into the sources file.
func TestOriginsOfOthers(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":        "",
		"ubuntu":         target("Ubuntu", "Ubuntu", "noble", "http://x.invalid/", "/etc/x"),
		"security alone": target("Debian", "Debian-Security", "bookworm-security", "http://x.invalid/", "/etc/x"),
		"a wide name":    target("Debian", "Debian", "bookworm main\ttrusted", "http://x.invalid/", "/etc/x"),
		"no address":     target("Debian", "Debian", "bookworm", "", "/etc/x"),
	} {
		all, err := parseStanzas([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := origins(all); len(got) != 0 {
			t.Errorf("%s: found %+v", name, got[0])
		}
	}
}

// TestSuitesHaveReasons holds the list to what its comment says.
func TestSuitesHaveReasons(t *testing.T) {
	for _, s := range suites {
		if s.why == "" || s.security != strings.HasSuffix(s.codename, "-security") {
			t.Errorf("%+v", s)
		}
	}
}
