package kernelfs

import (
	"fmt"
	"os"
	"testing"
)

func TestTry(t *testing.T) {
	m, err := New(t.TempDir(), Options{Root: true, Others: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}()
	fmt.Printf("%+v\n%q\n%q\n%q\n", m.Kernel(), m.Announce(), m.Notes(), os.Args)
}
