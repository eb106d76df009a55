package owner

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

func TestGone(t *testing.T) {
	own, err := Mark()
	if err != nil {
		t.Fatal(err)
	}
	space, err := pidSpace()
	if err != nil {
		t.Fatal(err)
	}
	self, _ := began(os.Getpid())
	dead := exec.Command("/proc/self/exe", "-test.run=^$")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		own:        false,
		own + "-7": false,
		fmt.Sprintf("%d-%d-%d", space, dead.Process.Pid, self):   true,
		fmt.Sprintf("%d-%d-%d-7", space, os.Getpid(), self-1):    true, // the number was another's
		fmt.Sprintf("%d-%d-%d", space+1, dead.Process.Pid, self): false,
		fmt.Sprintf("%d-%d", space, dead.Process.Pid):            false,
		fmt.Sprintf("%d-%d-%dx", space, dead.Process.Pid, self):  false,
		fmt.Sprintf("%d--%d-%d", space, dead.Process.Pid, self):  false,
		fmt.Sprintf("%d-99999999999999999999-%d", space, self):   false,
		"": false,
	} {
		if got := Gone(name); got != want {
			t.Errorf("Gone(%q) = %v", name, got)
		}
	}
}
