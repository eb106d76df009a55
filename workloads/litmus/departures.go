package litmus

// Departures lists where the engine is known to come to something else than real kernels do, by scenario. engine/README.md
// shows it. One that does not occur any more is to be taken out.
var Departures = []Departure{
	{Scenario: "lost-wake", Preset: "6.0", Kernel: "safe", Model: "violation U", Reason: "The engine tries every order and sees the " +
		"block being freed under the pin. A kernel takes the one order in which the release comes first."},
	{Scenario: "punch-under-pin", Series: "6.1", Kernel: "hung", Model: "blocked", Reason: noWakeUp},
	{Scenario: "shrink-dax-entries", Series: "6.1", Kernel: "hung", Model: "blocked", Reason: noWakeUp},
	{Scenario: "shrink-one-entry", Series: "6.1", Kernel: "hung", Model: "blocked", Reason: noWakeUp},
	{Scenario: "shared-read-pin", Series: "6.12", Kernel: "hung", Model: "violation U", Reason: "The pin itself loops in " +
		"`__get_user_pages` until SIGKILL, so nothing comes of the rest. Deduced, not traced: `gup_must_unshare` takes the mark of a " +
		"shared DAX page for that of an anonymous one. The engine has no unsharing; 6.1 and 6.18 come to the same as it."},
}

// noWakeUp is why truncation and punching come to more on Linux 6.1.
const noWakeUp = "The end of direct I/O wakes nobody who waits for a DAX page: `__bio_release_pages` does not come through " +
	"`__put_devmap_managed_page_refs` in this kernel, as tracing shows, so the wait lasts until a signal comes. The reader of a pipe does " +
	"wake him (31). The engine does not model that fault; 6.12 does not have it."
