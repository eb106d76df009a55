package layout_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"daxbench/engine/layout"
)

// TestPoliciesSayWhatTheyAre holds what a list and a verdict rely on.
func TestPoliciesSayWhatTheyAre(t *testing.T) {
	name, id := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`), regexp.MustCompile(`^P[0-9]+[a-z]?$`)
	seen := make(map[string]bool)
	for _, p := range layout.All {
		if !name.MatchString(p.Name()) || !id.MatchString(p.ID()) {
			t.Errorf("policy %q, %q: not what a flag and a benchmark key can take", p.ID(), p.Name())
		}
		for _, key := range []string{p.Name(), p.ID()} {
			if seen[key] {
				t.Errorf("two policies are called %s", key)
			}
			seen[key] = true
			if found, err := layout.Lookup(key); err != nil || found != p {
				t.Errorf("Lookup(%q) = %v, %v", key, found, err)
			}
		}
		for what, text := range map[string]string{"About": p.About(), "Origin": p.Origin(), "Holds": p.Holds(), "BlocksOn": p.BlocksOn()} {
			if text == "" || strings.HasSuffix(text, ".") || strings.Contains(text, "\n") {
				t.Errorf("%s: %s is %q, want one line without a stop", p.Name(), what, text)
			}
		}
		expectations(t, p)
	}
}

func expectations(t *testing.T, p layout.Policy) {
	e := p.Expect()
	at := -1
	for _, i := range e.Breaks {
		if next := strings.IndexRune(layout.Invariants, i); next <= at {
			t.Errorf("%s breaks %s: unknown, twice or out of order", p.Name(), e.Breaks)
		} else {
			at = next
		}
		if layout.Invariant(i).Meaning() == "" || e.Why[string(i)] == "" {
			t.Errorf("%s: no word on %c", p.Name(), i)
		}
	}
	found := strings.Fields(e.Violates)
	at = -1
	for _, name := range found {
		x := layout.Property(name)
		if next := slices.Index(layout.Properties, x); next <= at {
			t.Errorf("%s violates %s: unknown, twice or out of order", p.Name(), e.Violates)
		} else {
			at = next
		}
		if x.Meaning() == "" || e.Why[name] == "" {
			t.Errorf("%s: no word on %s", p.Name(), name)
		}
		if strings.HasPrefix(name, "P2") && name != "P2b" && !e.ViolatesProperty("P2") {
			t.Errorf("%s violates %s but not P2, of which that is a cause", p.Name(), name)
		}
	}
	if len(e.Why) != len(e.Breaks)+len(found) {
		t.Errorf("%s gives reasons for other things than it expects: %v", p.Name(), e.Why)
	}
	for of, why := range e.Why {
		if !strings.HasSuffix(why, ".") {
			t.Errorf("%s: %s: not a sentence: %q", p.Name(), of, why)
		}
	}
	for i, x := range map[layout.Invariant]layout.Property{'U': "P1r", 'R': "P2b", 'X': "P4"} {
		if e.BreaksInvariant(i) != e.ViolatesProperty(x) {
			t.Errorf("%s: %s and %s are two names of one thing, but breaks %s and violates %s", p.Name(), i, x, e.Breaks, e.Violates)
		}
	}
	if p.Safe() == e.BreaksInvariant('U') {
		t.Errorf("%s: safe %t, breaks %s", p.Name(), p.Safe(), e.Breaks)
	}
}

func TestDefault(t *testing.T) {
	if got, want := strings.Join(layout.DefaultNames(), " "), "none dax-only always-call unconditional"; got != want {
		t.Errorf("by default %s are compared, want %s", got, want)
	}
	for _, p := range layout.Default {
		if !slices.Contains(layout.All, p) {
			t.Errorf("%s is not among all", p.Name())
		}
	}
}

func TestLookup(t *testing.T) {
	p, err := layout.Lookup("none+notify-revoke")
	if err != nil {
		t.Fatal(err)
	}
	if e := p.Expect(); p.ID() != "P0+P12" || p.Name() != "none+notify-revoke" || !p.Rules().Notify || p.Safe() || e.Breaks != "UA" {
		t.Errorf("none with notification: %s %s %+v breaks %s", p.ID(), p.Name(), p.Rules(), e.Breaks)
	}
	again, err := layout.Lookup(p.Name())
	if err != nil || again.Name() != p.Name() {
		t.Errorf("its own name: %v, %v", again, err)
	}
	p, err = layout.Lookup("p14+notify-revoke")
	if err != nil || !p.Rules().Notify || !p.Rules().Quarantine {
		t.Errorf("quarantine with notification: %v, %v", p, err)
	}
	for name, want := range map[string]bool{"per-entry+notify-revoke": true, "P13+notify-revoke": true, "none+notify-revoke": false, "P3": true, "P7": false} {
		if p, err := layout.Lookup(name); err != nil || p.InCommonCode() != want {
			t.Errorf("%s: in common code is not %t: %v", name, want, err)
		}
	}
	p, err = layout.Lookup("dax-only+notify-revoke")
	if err != nil || p.ID() != "P12" {
		t.Errorf("dax-only with notification: %v, %v, want P12", p, err)
	}
	for _, name := range []string{"", "nothing", "P", "+notify-revoke", "notify-revoke+notify-revoke", "nothing+notify-revoke", "none+dax-only"} {
		if p, err := layout.Lookup(name); err == nil {
			t.Errorf("Lookup(%q) found %s", name, p.Name())
		} else if !strings.Contains(err.Error(), "dax-only") {
			t.Errorf("Lookup(%q) does not say what there is: %v", name, err)
		}
	}
}
