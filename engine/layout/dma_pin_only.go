package layout

import "daxbench/engine/vfs"

// dmaPinOnly is P1, v1 of "Fix the DAX-gup mistake": nothing is done at
// eviction, and an explicit break waits for pins of the kind FOLL_PIN only
// (page_maybe_dma_pinned). It holds nothing at eviction; a truncation cycles
// layoutMu while it waits.
//
// Note: Gunthorpe's answer was that all references have to go. At the time
// O_DIRECT itself still took FOLL_GET.
var dmaPinOnly = &breakNothing{facts{
	id: "P1", name: "dma-pin-only",
	about:    "break nothing at eviction, and let a truncation wait for FOLL_PIN only",
	origin:   "Williams, v1, Sep 2022, never merged",
	holds:    "nothing; it does not wait at eviction",
	blocksOn: "nothing at eviction",
	rules:    vfs.Rules{CountDMAOnly: true},
	expect: expect(
		because("U P1r", "Eviction frees the blocks under any pin, and truncation under one of the kind FOLL_GET."),
		because("A P1e", "The inode goes, and a later truncation finds no trace of the pin."),
	),
}}
