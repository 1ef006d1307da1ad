package ledger

import "fmt"

// MoveError says that a revision was to go where the table of moves has no way: a
// mistake of the engine. Nothing was written of it.
type MoveError struct {
	Document ID
	Rev      int
	// Event, From and To are names.
	Event, From, To string
}

// Error implements error.
func (m *MoveError) Error() string {
	return fmt.Sprintf("document %d, revision %d: %q can't take it from %s to %s", m.Document, m.Rev, m.Event, m.From, m.To)
}
