package litmus

// Departures lists where the engine is known to come to something else than real kernels do, by scenario. engine/README.md
// shows it. One that does not occur any more is to be taken out.
var Departures = []Departure{}
