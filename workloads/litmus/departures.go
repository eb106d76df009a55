package litmus

// Departures lists where the engine is known to come to something else than real kernels do, by scenario. engine/README.md
// shows it. One that does not occur any more is to be taken out.
var Departures = []Departure{
	{Scenario: "memory-failure-unmapped", Preset: "6.0", Kernel: "violation A", Model: "violation U", Reason: "The file's block is free " +
		"under the pin, which the engine sees in its own books. Nobody makes a file that could get it, so from outside it is not seen."},
	{Scenario: "lost-wake", Preset: "6.0", Kernel: "safe", Model: "violation U", Reason: "The engine tries every order and sees the " +
		"block being freed under the pin. A kernel takes the one order in which the release comes first."},
	{Scenario: "punch-under-pin", Series: "6.1", Kernel: "hung", Model: "blocked", Reason: noWakeUp},
	{Scenario: "shrink-dax-entries", Series: "6.1", Kernel: "hung", Model: "blocked", Reason: noWakeUp},
	{Scenario: "shrink-one-entry", Series: "6.1", Kernel: "hung", Model: "blocked", Reason: noWakeUp},
}

// noWakeUp is why truncation and punching come to more on Linux 6.1.
const noWakeUp = "The end of direct I/O wakes nobody who waits for a DAX page: `__bio_release_pages` does not come through " +
	"`__put_devmap_managed_page_refs` in this kernel, as tracing shows, so the wait lasts until a signal comes. The reader of a pipe does " +
	"wake him (31). The engine does not model that fault; 6.12 does not have it."
