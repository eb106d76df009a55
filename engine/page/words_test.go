//go:build !race

package page_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"daxbench/engine/internal/sync"
	"daxbench/engine/page"
	"golang.org/x/sys/unix"
)

// TestMappedWords runs the tests of the table on words that are a mapping of their own, as those of a large region are.
func TestMappedWords(t *testing.T) {
	defer page.MapAlways()()
	for name, test := range map[string]func(*testing.T){
		"busy and at rest": TestBusyAndAtRest, "too many drops": TestTooManyDropsPanic, "DMA": TestDMAPinIsRefusedLikeAnother,
		"folio": TestFolioIsOneWord, "associate": TestAssociate, "quarantine": TestQuarantine,
		"quarantine wakes": TestQuarantineWakesWaiters, "quarantine exhaustively": TestQuarantineExhaustively, "retain": TestRetain,
		"short way": TestShortWayDoesAsTheLongOne, "short way wakes": TestShortWayWakes,
	} {
		t.Run(name, test)
	}
}

// TestNoMemoryForWords asks for more words than there are addresses.
func TestNoMemoryForWords(t *testing.T) {
	const pages = 1 << 48
	if _, err := page.MakeTable(pages, sync.NewWaitTable(1), page.Options{}); !errors.Is(err, unix.ENOMEM) || !strings.Contains(err.Error(), "smaller region") {
		t.Errorf("%v", err)
	}
}

// TestWordsGoWithTheTable: the mapping is gone soon after the last who had the table.
func TestWordsGoWithTheTable(t *testing.T) {
	const pages = 3 << 20 // as of no other test
	table := newTable(pages)
	mapped := fmt.Sprintf("%x-", table.WordsAt())
	isMapped := func() bool {
		text, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, mapped) {
				return true
			}
		}
		return false
	}
	if !isMapped() {
		t.Skip("the mapping was joined to another") // by the kernel, which may
	}
	runtime.KeepAlive(table)
	table = nil
	for end := time.Now().Add(5 * time.Second); isMapped(); time.Sleep(time.Millisecond) {
		if runtime.GC(); time.Now().After(end) {
			t.Fatal("still mapped")
		}
	}
}
