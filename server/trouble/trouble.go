// Package trouble knows what keeps calls of a connection from being made, so that they are
// not made in vain:
//
//   - Something has to be mended: a secret is missing, a form is not licensed. It belongs to
//     writes of one kind and is met by each of them; the others go on (Mending).
//   - The system does not answer: so many calls in a row failed for reasons that pass by
//     themselves. Then no call of the connection is made until one that tries gets an
//     answer, whatever it says (Line). All processes share what one of them found.
//
// What is refused for what it carries is an answer and no trouble of the connection.
//
// It may import sdk/fault and sdk/manifest: never a database, HTTP or another service.
package trouble

import (
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// Trouble is what keeps calls of a connection waiting.
type Trouble struct {
	Fault *fault.Fault
	// Since is when it was first met.
	Since time.Time
	// Next is when the system is tried again, where it does not answer.
	Next time.Time
	// Failures counts the calls in a row that got no answer.
	Failures int
}
