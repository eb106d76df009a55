package target

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A SettingInfo describes a setting: something about the kernel or the machine
// that a scenario needs to be one way. A subject that cannot set it says so.
type SettingInfo struct {
	Key    string
	Values []string // allowed; nil: a number, or a time if the default has a unit
	About  string
	// OfKernel says that it is about how a kernel does things. A subject that is a
	// kernel does them its own way, and Scenario.AsKernel leaves them out; the other
	// settings are about the machine.
	OfKernel bool
	least    int // of a number
	isTime   bool
}

// Settings lists the settings.
var Settings = []SettingInfo{
	{Key: "lru", OfKernel: true, Values: []string{"any", "shrinkable"}, About: "may reclaim take an inode that has DAX entries: any, as before 5.16, or only shrinkable ones"},
	{Key: "isolate", OfKernel: true, Values: []string{"rotate", "stay"}, About: "where an inode goes that reclaim could not free: to the other end of the list, or it stays and is looked at again (6.11 and later)"},
	{Key: "refcount", OfKernel: true, Values: []string{"1", "0", "0-maps"}, About: "what an idle page's count is: 1 up to 6.14; 0 since 6.15, where a mapping counts too and the wait is for 0; 0-maps is that mended, the wait is for mappings only"},
	{Key: "granule", OfKernel: true, Values: []string{"page", "folio"}, About: "what is counted: each 4 KiB page, or a folio as a whole (6.15)"},
	{Key: "scan", OfKernel: true, Values: []string{"full", "mapped-only"}, About: "mapped-only: the busy scan takes a file that nobody maps to be idle (up to 6.14)"},
	{Key: "locked", OfKernel: true, Values: []string{"wait", "skip"}, About: "what the busy scan does with a locked entry; skip up to 6.14"},
	{Key: "pause", OfKernel: true, Values: []string{"reset", "skip"}, About: "skip: after it waited for a locked entry the scan goes on behind it (6.15-rc)"},
	{Key: "cow", OfKernel: true, Values: []string{"checked", "unchecked"}, About: "does replacing an entry by a copy wait for pins; unchecked in every kernel read"},
	{Key: "gup", OfKernel: true, Values: []string{"6.0", "6.19"}, About: "which holders take FOLL_GET, which FOLL_PIN"},
	{Key: "fs", OfKernel: true, Values: []string{"breaks", "forgets"}, About: "forgets: the file system does not call what each one must call by itself (ext2)"},
	{Key: "waits", OfKernel: true, Values: []string{"shared", "private"}, About: "a hashed table of wait queues, or one per inode"},
	{Key: "hash", OfKernel: true, Values: []string{"global", "striped"}, About: "the inode hash lock"},
	{Key: "queues", OfKernel: true, least: 1, About: "how many wait queues the table has; 256 in Linux"},
	{Key: "memory", least: 1, About: "how many inodes and allocations fit into memory"},
	{Key: "blocks", least: 8, About: "how many blocks the file system has"},
	{Key: "recall", isTime: true, About: "after how long a lease that is not returned is fenced; 180s for an nfsd client"},
	{Key: "bound", isTime: true, About: "the deadline of policies that have one"},
}

// A Setting is a key and the value that a scenario wants.
type Setting struct{ Key, Value string }

func (s Setting) String() string { return s.Key + "=" + s.Value }

// Number returns the value of a setting that is a number.
func (s Setting) Number() int {
	n, _ := strconv.Atoi(s.Value)
	return n
}

// Time returns the value of a setting that is a time.
func (s Setting) Time() time.Duration {
	d, _ := time.ParseDuration(s.Value)
	return d
}

// ParseSetting reads "key=value".
func ParseSetting(word string) (Setting, error) {
	key, value, ok := strings.Cut(word, "=")
	if !ok {
		return Setting{}, fmt.Errorf("%q is no setting: want key=value", word)
	}
	i := slices.IndexFunc(Settings, func(s SettingInfo) bool { return s.Key == key })
	if i < 0 {
		return Setting{}, fmt.Errorf("unknown setting %q; known: %s", key, strings.Join(settingKeys(), ", "))
	}
	info := Settings[i]
	switch {
	case info.Values != nil:
		if !slices.Contains(info.Values, value) {
			return Setting{}, fmt.Errorf("%s=%s: want %s", key, value, strings.Join(info.Values, " or "))
		}
	case info.isTime:
		if d, err := time.ParseDuration(value); err != nil || d <= 0 || d > MaxWait {
			return Setting{}, fmt.Errorf("%s=%s: want a time such as 45s, up to %v", key, value, MaxWait)
		}
	default:
		if n, err := strconv.Atoi(value); err != nil || n < info.least || n > MaxCount || strconv.Itoa(n) != value {
			return Setting{}, fmt.Errorf("%s=%s: want a number from %d to %d", key, value, info.least, MaxCount)
		}
	}
	return Setting{key, value}, nil
}

func settingKeys() []string {
	var keys []string
	for _, s := range Settings {
		keys = append(keys, s.Key)
	}
	return keys
}

// Form says what a setting's value can be.
func (i SettingInfo) Form() string {
	switch {
	case i.Values != nil:
		return i.Key + "=" + strings.Join(i.Values, "|")
	case i.isTime:
		return i.Key + "=TIME"
	}
	return i.Key + "=NUMBER"
}
