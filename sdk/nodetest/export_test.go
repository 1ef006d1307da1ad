package nodetest

// What the harness finds is looked at without failing the test that looks.
var (
	ProblemsOf = problemsOf
	FaultsOf   = faultsOf
	Update     = update
)
