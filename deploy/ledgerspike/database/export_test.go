package database

// What the tests see of the package's inside.
var (
	ProcessCPU = processCPU
	Tuples     = tuples
)
