// Package prefetch tells the processor what will be read soon. It changes nothing
// but how long that takes, and may name memory that somebody else is writing to, or
// that is not there.
//
// Note: a load whose result nobody uses does the same where the memory may be
// read, without the call; but it holds up the next lock, and is a data race where
// the memory is somebody else's.
package prefetch
