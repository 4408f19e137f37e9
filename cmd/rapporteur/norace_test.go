//go:build !race

package main

// raceDetector tells tests of memory that the race detector is off.
const raceDetector = false
