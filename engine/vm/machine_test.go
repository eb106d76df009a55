package vm

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write goldens")

func TestQEMUArgs(t *testing.T) {
	k := Kernel{Image: "/k/bzImage"}
	var all strings.Builder
	for _, tt := range []struct {
		name  string
		m     Machine
		accel Accel
		sizes []int
	}{
		{"counted, two file systems", Machine{}, Counted, []int{xfsSize, ext4Size}},
		{"kvm, one", Machine{}, KVM, []int{xfsSize}},
		{"tcg, none, a console, memory", Machine{Memory: 4096, Console: &strings.Builder{}}, TCG, nil},
		{"counted, more than lies below 4 GiB", Machine{Memory: 3072}, Counted, []int{xfsSize, ext4Size}},
	} {
		all.WriteString("# " + tt.name + "\n" + strings.Join(qemuArgs(k, tt.m, tt.accel, tt.sizes, inherited), "\n") + "\n\n")
	}
	golden := filepath.Join("testdata", "qemu.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(all.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if all.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s\n-update writes it", all.String(), want)
	}
}

// TestLayOut: whatever the sizes, devices lie in memory that QEMU gives the guest, apart from each other, from the memory that was
// asked for, from the hole below 4 GiB and from the firmware's tables at its edge, and begin at a section.
func TestLayOut(t *testing.T) {
	const section = 128
	for memory := 512; memory <= 8192; memory += section {
		for n := range 6 {
			sizes := slices.Repeat([]int{xfsSize, ext4Size}, n)
			ram, devices := layOut(memory, sizes)
			low, high := ram, above
			if ram >= onePiece {
				low, high = below, above+ram-below
			}
			ends := 0
			for i, d := range devices {
				inLow, inHigh := d.at+d.size <= low-tables, d.at >= above && d.at+d.size <= high
				switch {
				case !inLow && !inHigh, d.at < min(memory, low), d.at < ends, d.size != sizes[i], d.at%section != 0:
					t.Fatalf("%d MiB and %v: device %d at %d, memory of %d MiB", memory, sizes, i, d.at, ram)
				}
				ends = d.at + d.size
			}
			left := ram
			for _, s := range sizes {
				left -= s
			}
			if left < memory {
				t.Fatalf("%d MiB and %v: %d MiB are left of %d", memory, sizes, left, ram)
			}
		}
	}
}

func TestFileSystems(t *testing.T) {
	names := FileSystemNames()
	if !slices.IsSorted(names) {
		t.Errorf("%q are not sorted", names)
	}
	for _, name := range names {
		if f, err := LookupFileSystem(name); err != nil || f.Name != name || f.About == "" || f.size == 0 {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
	if _, err := LookupFileSystem("btrfs"); err == nil || !strings.Contains(err.Error(), "xfs-noreflink") {
		t.Errorf("btrfs: %v", err)
	}
}

func TestParseConfig(t *testing.T) {
	got := parseConfig("# CONFIG_KASAN is not set\nCONFIG_FS_DAX=y\nCONFIG_HZ=250\nCONFIG_SOUND=m\nCONFIG_XFS_FS=\"m\"\nCONFIG_FS_DAX_PMDX=y\n")
	if len(got) != 3 || got["CONFIG_FS_DAX"] != "y" || got["CONFIG_HZ"] != "250" || got["CONFIG_XFS_FS"] != "m" {
		t.Errorf("got %v", got)
	}
}

func TestHostname(t *testing.T) {
	for label, want := range map[string]string{"6.12": "linux-6-12", "x_ü/": "linux-x", "": "linux-", strings.Repeat("a", 100): "linux-" + strings.Repeat("a", 40)} {
		if got := hostname(label); got != want {
			t.Errorf("%q: got %q, want %q", label, got, want)
		}
	}
}
