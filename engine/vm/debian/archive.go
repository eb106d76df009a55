package debian

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// A suite is a part of the archive that may have kernels.
type suite struct {
	codename string
	security bool // lies in the archive of security updates
	why      string
}

// suites are those that are asked, beside those of the archive that the machine has anyway. One that an archive does not have,
// or that the machine's keys do not vouch for, is left out.
var suites = []suite{
	{"bookworm", false, "6.1: pins are counted from one, and eviction does not wait for them"},
	{"bookworm-security", true, "newer 6.1"},
	{"bookworm-backports", false, "6.12 for a machine that has bookworm's keys only"},
	{"trixie", false, "6.12: the last long-term series before 6.15, where eviction begins to wait"},
	{"trixie-security", true, "newer 6.12"},
	{"trixie-backports", false, "6.16 and all later ones, one by one"},
	{"sid", false, "what becomes the next release, where there are no backports yet"},
}

// labels are what Debian's archives call themselves in their Release files.
const (
	mainLabel     = "Debian"
	securityLabel = "Debian-Security"
)

// kept are the options of the machine's entry for an archive that are taken over: whom it trusts, and how.
var kept = []string{"Signed-By", "Trusted", "Check-Valid-Until"}

// An origin is one of the machine's archives.
type origin struct {
	uri      string
	suites   []string // codenames that the machine has of it
	security bool
	options  stanza
}

// origins picks Debian's archives from what apt-get indextargets prints, the main one first. There is none on a machine that is
// not Debian, and on one whose lists were never fetched.
func origins(targets []stanza) []*origin {
	var found []*origin
	for _, t := range targets {
		security := t["Label"] == securityLabel
		if t["Identifier"] != "Packages" || t["Component"] != "main" || t["Origin"] != "Debian" ||
			!security && t["Label"] != mainLabel || !clean(t["Repo-URI"]) || !clean(t["Codename"]) {
			continue
		}
		i := slices.IndexFunc(found, func(o *origin) bool { return o.security == security })
		if i < 0 {
			o := &origin{uri: t["Repo-URI"], security: security, options: entryOptions(t["Sourcesentry"], t["Repo-URI"])}
			found, i = append(found, o), len(found)
		}
		o := found[i]
		if o.uri == t["Repo-URI"] && !slices.Contains(o.suites, t["Codename"]) { // a second mirror has nothing new
			o.suites = append(o.suites, t["Codename"])
		}
	}
	slices.SortStableFunc(found, func(a, b *origin) int { return strings.Compare(label(a.security), label(b.security)) })
	if len(found) > 0 && found[0].security {
		return nil
	}
	return found
}

func label(security bool) string {
	if security {
		return securityLabel
	}
	return mainLabel
}

// clean tells words that can stand in a sources file.
func clean(word string) bool {
	return word != "" && !strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r == 0x7f })
}

// sources writes the sources file: each archive with the suites that the machine has of it and those that are listed here.
func sources(all []*origin) []byte {
	var b bytes.Buffer
	for _, o := range all {
		fmt.Fprintf(&b, "Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nArchitectures: amd64\nTargets: Packages\n",
			o.uri, strings.Join(o.wanted(), " "))
		for _, key := range kept {
			if v := strings.Trim(o.options[key], "\n"); v != "" {
				fmt.Fprintf(&b, "%s:%s\n", key, folded(v))
			}
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// folded is a value as it stands behind a field's colon. A key may be written out there, over lines.
func folded(v string) string {
	if !strings.Contains(v, "\n") {
		return " " + v
	}
	return strings.ReplaceAll(strings.ReplaceAll("\n"+v, "\n", "\n "), "\n \n", "\n .\n")
}

// wanted lists the codenames of the suites to ask.
func (o *origin) wanted() []string {
	names := slices.Clone(o.suites)
	for _, s := range suites {
		if s.security == o.security {
			names = append(names, s.codename)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// entryOptions looks up the options of an archive in the machine's sources file: entry is the file's name and a number. What
// cannot be read has none, and then apt trusts whom it trusts by default.
func entryOptions(entry, uri string) stanza {
	file := entry[:max(0, strings.LastIndexByte(entry, ':'))]
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	if strings.HasSuffix(file, ".sources") {
		return optionsDeb822(text, uri)
	}
	return optionsLines(text, uri)
}

// same tells whether two names of an archive differ by a slash at most.
func same(a, b string) bool { return strings.TrimRight(a, "/") == strings.TrimRight(b, "/") }

func optionsDeb822(text []byte, uri string) stanza {
	all, err := parseStanzas(text)
	if err != nil {
		return nil
	}
	for _, s := range all {
		if slices.ContainsFunc(strings.Fields(s["URIs"]), func(u string) bool { return same(u, uri) }) {
			return s
		}
	}
	return nil
}

// lineForm is a line of a sources file of the old form: deb [options] uri suite components.
var lineForm = regexp.MustCompile(`^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s`)

func optionsLines(text []byte, uri string) stanza {
	for line := range strings.Lines(string(text)) {
		m := lineForm.FindStringSubmatch(line)
		if m == nil || !same(m[2], uri) {
			continue
		}
		options := stanza{}
		for field := range strings.FieldsSeq(m[1]) {
			key, value, _ := strings.Cut(field, "=")
			for _, k := range kept {
				if strings.EqualFold(k, key) {
					options[k] = strings.ReplaceAll(value, ",", " ")
				}
			}
		}
		return options
	}
	return nil
}
